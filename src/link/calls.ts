import { freedCall } from "../generation/entrance.ts";
import type { GenerationRecord } from "../generation/generation-record.ts";
import type { Context } from "../load/graph.ts";

/** Whose call a promise comes from. */
export interface CallOrigin {
  readonly record: GenerationRecord;
  /** What was called. */
  readonly name: string;
  /** The generation's context. */
  readonly owner: Context;
}

interface CallUnderWay extends CallOrigin {
  readonly reject: (error: unknown) => void;
}

/** What a lease holds. */
export interface Pin {
  /** Where the lease was acquired, if that was asked for. */
  readonly origin: string | undefined;
  readonly isHeld: boolean;
  /** The second time does nothing. */
  end(): void;
}

/**
 * Counts what keeps a set from being retired: calls under way and leases. A call that answers at once is over before
 * anything could happen to its set, so only promises are counted.
 */
export class Calls {
  readonly #underWay = new Set<CallUnderWay>();
  readonly #pins = new Set<Pin>();
  #idle = Promise.withResolvers<void>();

  get count(): number {
    return this.#underWay.size + this.#pins.size;
  }

  /** The calls under way, as `plugin.name()`, one for each. */
  get underWay(): string[] {
    return Array.from(this.#underWay, ({ record, name }) => `${record.plugin}.${name}()`);
  }

  /** The leases that are not released. */
  get pins(): Pin[] {
    return Array.from(this.#pins);
  }

  /**
   * Follows the promise of a call. What the caller gets settles as the plugin's promise does, or rejects with
   * `HOTSWAP_FREED` when the set is retired before: the plugin's own promise would then stay pending for ever. A rejection
   * that nobody handles is the plugin's, as it would be without us, and does not end the host.
   */
  track<Result>(result: Promise<Result>, origin: CallOrigin): Promise<Result> {
    const { record, owner } = origin;
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const call: CallUnderWay = { ...origin, reject };
    const end = (): void => {
      record.calls--;
      if (this.#underWay.delete(call)) this.#checkIdle();
    };
    this.#underWay.add(call);
    record.calls++;
    // Whose rejection it is, is decided by the context in which it happens.
    owner.run(() =>
      result.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      ),
    );
    return promise;
  }

  /** Counts a lease; `origin` says where it was acquired. */
  pin(origin?: string): Pin {
    const pins = this.#pins;
    const pin: Pin = {
      origin,
      get isHeld() {
        return pins.has(pin);
      },
      end: () => {
        if (pins.delete(pin)) this.#checkIdle();
      },
    };
    pins.add(pin);
    return pin;
  }

  /** Resolves as soon as nothing is under way. */
  async idle(): Promise<void> {
    while (this.count > 0) await this.#idle.promise;
  }

  /** Rejects every call that is still under way. */
  abandon(): void {
    const calls = Array.from(this.#underWay);
    this.#underWay.clear();
    for (const { record, name, owner, reject } of calls) owner.run(reject, freedCall(record.plugin, name));
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.count > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }
}
