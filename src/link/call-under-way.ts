import type { FunctionStats } from "../generation/call-stats.ts";
import type { GenerationRecord } from "../generation/generation-record.ts";

/** A call whose promise has not settled, and what is done when it does. */
export abstract class CallUnderWay<Result> {
  readonly record: GenerationRecord;
  /** What was called. */
  readonly name: string;
  /** Its neighbours in {@link CallsUnderWay}. */
  before: CallUnderWay<never> | undefined;
  after: CallUnderWay<never> | undefined;
  /** The function's counters, where calls are counted. */
  readonly #stats: FunctionStats | undefined;
  #start = 0;

  constructor(record: GenerationRecord, name: string) {
    this.record = record;
    this.name = name;
    const { stats } = record;
    this.#stats = stats.countsCalls ? stats.functions.of(name) : undefined;
  }

  /**
   * `start` is when the call began, in ns; 0 when it is not timed. The object can be used again once the call has
   * ended.
   */
  begin(start: number): void {
    this.record.calls++;
    if (this.#stats === undefined) return;
    this.#start = start === 0 ? Bun.nanoseconds() : start;
    this.#stats.underWay++;
  }

  abstract fulfil(value: Result): void;

  abstract fail(error: unknown): void;

  /** The set is retired before the call is over; `error` says so. */
  abstract abandon(error: unknown): void;

  end(): void {
    this.record.calls--;
    if (this.#stats === undefined) return;
    this.#stats.underWay--;
    this.#stats.durations.add(Bun.nanoseconds() - this.#start);
  }
}

/** The calls under way in one set: a list in which each knows its neighbours, because a `Set` costs as much as all the rest of a call. */
export class CallsUnderWay {
  #first: CallUnderWay<never> | undefined;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(call: CallUnderWay<never>): void {
    const first = this.#first;
    call.after = first;
    if (first !== undefined) first.before = call;
    this.#first = call;
    this.#count++;
  }

  /** Returns whether it was there. */
  delete(call: CallUnderWay<never>): boolean {
    const { before, after } = call;
    if (before === undefined && this.#first !== call) return false;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after !== undefined) after.before = before;
    call.before = undefined;
    call.after = undefined;
    this.#count--;
    return true;
  }

  /** Those that began first come first. */
  list(): CallUnderWay<never>[] {
    const calls: CallUnderWay<never>[] = [];
    for (let call = this.#first; call !== undefined; call = call.after) calls.push(call);
    return calls.toReversed();
  }
}
