import { type CallOrigin, freedCall } from "../generation/entrance.ts";
import type { GenerationRecord } from "../generation/generation-record.ts";
import type { Context } from "../load/graph.ts";
import { CallsUnderWay, CallUnderWay } from "./call-under-way.ts";

/** What keeps a set besides calls and leases: a response that is being sent, a socket whose data is a plugin's. */
export interface SetUse {
  /** For the warning of `drainTimeout`: `2 sockets`. */
  describe(): string;
  /** The set is retired although it is used; its plugins can still be called for the last time. Must not throw. */
  cut(): void;
}

/** The open WebSockets of one server, by what becomes of them at a reload. */
export interface ServedSockets {
  /** Their data is plain: they meet new code. */
  readonly carried: number;
  /** Their data is a plugin's: they stay with the set that opened them. */
  readonly pinned: number;
  /** How many failures of requests Bun has printed. */
  readonly printed: number;
}

/**
 * Counts what keeps a set from being retired: calls under way, leases and other uses. A call that returns at once is over before
 * anything could happen to its set, so only promises are counted.
 */
export class Calls {
  readonly #underWay = new CallsUnderWay();
  readonly #pins = new Set<Pin>();
  readonly #uses = new Set<SetUse>();
  /** There is one while somebody waits for the end of everything. */
  #idle: PromiseWithResolvers<void> | undefined;

  get count(): number {
    return this.#underWay.count + this.#pins.size + this.#uses.size;
  }

  /** The calls under way, as `plugin.name()`, one for each. */
  get underWay(): string[] {
    return this.#underWay.list().map(({ record, name }) => `${record.plugin}.${name}()`);
  }

  /** What else uses the set. */
  get uses(): string[] {
    return Array.from(this.#uses, (use) => use.describe());
  }

  /** The leases that are not released. */
  get pins(): Pin[] {
    return Array.from(this.#pins);
  }

  /**
   * Follows the promise of a call. What the caller gets settles as the plugin's promise does, or rejects with
   * `HOTSWAP_FREED` when the set is retired before: the plugin's own promise would then stay pending for ever. A rejection
   * that nobody handles is the plugin's, as it would be without us, and does not end the host. A promise that is fulfilled
   * is a call that is over.
   */
  track<Result>(result: Promise<Result>, { record, name, owner, start }: CallOrigin): Promise<Result> {
    if (isOver(result, record, name, start)) return result;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const call = new TrackedCall<Result>(record, name, owner, resolve, reject);
    call.begin(start);
    // The context in which a rejection happens decides whose it is.
    owner.run(followIn, this, result, call);
    return promise;
  }

  /** Follows the promise of a call whose caller handles what it settles with. */
  follow<Result>(result: Promise<Result>, call: CallUnderWay<Result>): void {
    this.add(call);
    result.then(
      (value) => this.fulfilled(call, value),
      (error: unknown) => this.rejected(call, error),
    );
  }

  /** For a caller who follows the promise: it was not settled when the call was added. */
  add(call: CallUnderWay<never>): void {
    this.#underWay.add(call);
  }

  fulfilled<Result>(call: CallUnderWay<Result>, value: Result): void {
    // First, so that code that waits for the call can keep the set before it counts as unused.
    call.fulfil(value);
    this.#end(call);
  }

  rejected(call: CallUnderWay<never>, error: unknown): void {
    call.record.stats.fail(call.name, error);
    call.fail(error);
    this.#end(call);
  }

  /** Counts a lease; `origin` says where it was acquired. */
  pin(origin?: string): Pin {
    const pin = new Pin(this, origin);
    this.#pins.add(pin);
    return pin;
  }

  /** Keeps the set until {@link endUse}. */
  use(use: SetUse): void {
    this.#uses.add(use);
  }

  /** The second time does nothing. */
  endUse(use: SetUse): void {
    if (this.#uses.delete(use)) this.#checkIdle();
  }

  /** Resolves as soon as nothing is under way. */
  async idle(): Promise<void> {
    while (this.count > 0) await (this.#idle ??= Promise.withResolvers()).promise;
  }

  /** Rejects every call that is still under way, and cuts what else uses the set. */
  abandon(): void {
    const uses = Array.from(this.#uses);
    this.#uses.clear();
    for (const use of uses) use.cut();
    for (const call of this.#underWay.list()) {
      this.#underWay.delete(call);
      call.abandon(freedCall(call.record.plugin, call.name));
    }
    this.#checkIdle();
  }

  /** Whether the lease behind this is not yet over. @internal */
  holds(pin: Pin): boolean {
    return this.#pins.has(pin);
  }

  /** Ends a lease; the second time does nothing. @internal */
  unpin(pin: Pin): void {
    if (this.#pins.delete(pin)) this.#checkIdle();
  }

  #end(call: CallUnderWay<never>): void {
    call.end();
    if (this.#underWay.delete(call)) this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.#idle === undefined || this.count > 0) return;
    this.#idle.resolve();
    this.#idle = undefined;
  }
}

/** What a lease holds. */
export class Pin {
  /** Where the lease was acquired, if that was asked for. */
  readonly origin: string | undefined;
  readonly #calls: Calls;

  constructor(calls: Calls, origin: string | undefined) {
    this.#calls = calls;
    this.origin = origin;
  }

  get isHeld(): boolean {
    return this.#calls.holds(this);
  }

  /** The second time does nothing. */
  end(): void {
    this.#calls.unpin(this);
  }
}

function followIn<Result>(calls: Calls, result: Promise<Result>, call: CallUnderWay<Result>): void {
  calls.follow(result, call);
}

class TrackedCall<Result> extends CallUnderWay<Result> {
  readonly fulfil: (value: Result) => void;
  readonly fail: (error: unknown) => void;
  readonly #owner: Context;

  constructor(
    record: GenerationRecord,
    name: string,
    owner: Context,
    resolve: (value: Result) => void,
    reject: (error: unknown) => void,
  ) {
    super(record, name);
    this.#owner = owner;
    this.fulfil = resolve;
    this.fail = reject;
  }

  abandon(error: unknown): void {
    this.#owner.run(this.fail, error);
  }
}

/** Whether the promise of a call is fulfilled, so that the call is over. */
export function isOver(result: Promise<unknown>, record: GenerationRecord, name: string, start: number): boolean {
  if (Bun.peek.status(result) !== "fulfilled") return false;
  if (start !== 0) record.stats.functions.of(name).durations.add(Bun.nanoseconds() - start);
  return true;
}
