import { HotswapError } from "../errors.ts";
import type { Decider } from "./hold.ts";
import type { ReloadDetails } from "../plan/details.ts";

/** A prepared reload, for who decides over it. */
export interface Held extends Decider {
  readonly details: ReloadDetails;
  /** The end of the whole reload: resolves with the swap, rejects when it was refused. */
  readonly done: Promise<ReloadDetails>;
}

/**
 * A reload that is ready and not yet live: every step up to the swap is over, the old set serves as before, and other
 * reloads wait (SPEC 3.17). {@link commit} swaps, {@link abort} frees what was prepared; what is neither within
 * `holdTimeout` is aborted.
 *
 * @example
 *     await using prepared = await swapper.prepare();
 *     if (await othersAreReady(prepared.details)) await prepared.commit();
 */
export class PreparedReload implements AsyncDisposable {
  /** What the reload does with each plugin. */
  readonly details: ReloadDetails;
  readonly #hold: Held;
  #committed: Promise<ReloadDetails> | undefined;

  /** @internal */
  constructor(hold: Held) {
    this.#hold = hold;
    this.details = hold.details;
  }

  /**
   * Swaps: resolves when the prepared set is live. A second call returns the same promise.
   *
   * @throws HotswapError `HOTSWAP_PREPARED_EXPIRED` when it was aborted, or held longer than `holdTimeout`;
   *   `HOTSWAP_MIGRATION_FAILED` when the live set meanwhile wrote a key of the data bag that the prepared set wrote, too.
   *   Nothing has changed then.
   */
  commit(): Promise<ReloadDetails> {
    if (this.#committed === undefined) {
      this.#hold.release();
      this.#committed = this.#hold.done;
    }
    return this.#committed;
  }

  /** Frees what was prepared; the old set goes on. Resolves when that is done. Does nothing after {@link commit}. */
  async abort(): Promise<void> {
    this.#hold.refuse(
      new HotswapError("HOTSWAP_PREPARED_EXPIRED", "the prepared reload was aborted: nothing has changed"),
    );
    await this.#hold.done.catch(() => {});
  }

  /** {@link abort}, unless it was committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abort();
  }
}
