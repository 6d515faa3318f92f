import type { HotswapError } from "../errors.ts";
import type { GenerationRecord } from "../load/generation-record.ts";

interface CallUnderWay {
  readonly reject: (error: HotswapError) => void;
  readonly late: () => HotswapError;
}

/**
 * Counts what keeps a set from being retired: calls under way and leases. A call that answers at once is over before
 * anything could happen to its set, so only promises are counted.
 */
export class Calls {
  readonly #underWay = new Set<CallUnderWay>();
  #leases = 0;
  #idle = Promise.withResolvers<void>();

  get count(): number {
    return this.#underWay.size + this.#leases;
  }

  get underWay(): number {
    return this.#underWay.size;
  }

  /**
   * Follows the promise of a call. What the caller gets settles as the plugin's promise does, or rejects with `late()`
   * when the set is retired before: the plugin's own promise would then stay pending for ever.
   */
  track<Result>(result: Promise<Result>, record: GenerationRecord, late: () => HotswapError): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const call: CallUnderWay = { reject, late };
    const end = (): void => {
      record.calls--;
      if (this.#underWay.delete(call)) this.#checkIdle();
    };
    this.#underWay.add(call);
    record.calls++;
    result.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
    return promise;
  }

  /** Counts a lease; the answer ends it, once. */
  pin(): () => void {
    this.#leases++;
    let pinned = true;
    return () => {
      if (!pinned) return;
      pinned = false;
      this.#leases--;
      this.#checkIdle();
    };
  }

  /** Resolves as soon as nothing is under way. */
  async idle(): Promise<void> {
    while (this.count > 0) await this.#idle.promise;
  }

  /** Rejects every call that is still under way. */
  abandon(): void {
    const calls = Array.from(this.#underWay);
    this.#underWay.clear();
    for (const { reject, late } of calls) reject(late());
    this.#checkIdle();
  }

  #checkIdle(): void {
    if (this.count > 0) return;
    this.#idle.resolve();
    this.#idle = Promise.withResolvers();
  }
}
