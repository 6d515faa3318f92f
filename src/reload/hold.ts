import { HotswapError } from "../errors.ts";
import type { Logger } from "../logger.ts";

/** What decides over a prepared set. */
export interface Decider {
  /** Lets the swap happen. */
  release(): void;
  /** Has what was prepared be freed, because of `reason`. */
  refuse(reason: HotswapError): void;
}

/** Holds a prepared set until it is committed or aborted, or until the time is up (SPEC 3.17). */
export class Hold {
  readonly #timeout: number;
  readonly #logger: Logger;
  #refuse: ((reason: HotswapError) => void) | undefined;
  #isClosed = false;

  constructor({ holdTimeout, logger }: { readonly holdTimeout: number; readonly logger: Logger }) {
    this.#timeout = holdTimeout;
    this.#logger = logger;
  }

  /** Hands out the decider, and resolves when the swap may happen. Rejects when it may not. */
  async wait(handOut: (decider: Decider) => void): Promise<void> {
    const { promise: decided, resolve: release, reject: refuse } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      const message = `the prepared reload was neither committed nor aborted within holdTimeout (${this.#timeout} ms): nothing has changed`;
      this.#logger.warn(message);
      refuse(new HotswapError("HOTSWAP_PREPARED_EXPIRED", message));
    }, this.#timeout).unref();
    this.#refuse = refuse;
    if (this.#isClosed) refuse(closed());
    else handOut({ release, refuse });
    try {
      await decided;
    } finally {
      clearTimeout(timer);
      this.#refuse = undefined;
    }
  }

  /** Refuses what is held, and whatever comes to be held. */
  close(): void {
    this.#isClosed = true;
    this.#refuse?.(closed());
  }
}

function closed(): HotswapError {
  return new HotswapError("HOTSWAP_CLOSED", "the swapper was closed while a reload was prepared: it was aborted");
}
