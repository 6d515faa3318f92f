import { AsyncLocalStorage } from "node:async_hooks";
import { describeError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { DataStore } from "./data-store.ts";

/**
 * Enters the host's context, for this module is the host's. What a plugin's call sets off here, a timer or a write,
 * must outlive the plugin, and the promises of a plugin's context would never settle once it is freed.
 */
const asHost = AsyncLocalStorage.snapshot();

export interface FlusherOptions<Value> {
  readonly store: DataStore;
  /** What is flushed, for messages. */
  readonly what: string;
  /** The longest time in ms that a change waits. */
  readonly interval: number;
  readonly logger: Logger;
  /** The text of a value, asked for when it is written; `undefined` deletes the key. */
  readonly textOf: (value: Value) => string | undefined;
}

/**
 * Takes changes to a store in batches. A batch is everything that changed up to one moment, so what was changed in one
 * synchronous step, such as a reload's commit, is never torn apart.
 */
export class Flusher<Value> {
  readonly #options: FlusherOptions<Value>;
  #pending = new Map<string, Value>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: FlusherOptions<Value>) {
    this.#options = options;
  }

  /** Notes a change, to be flushed within the interval. Values must not change afterwards. */
  add(key: string, value: Value): void {
    this.#pending.set(key, value);
    if (this.#timer === undefined && !this.#closed) this.#schedule();
  }

  /**
   * Resolves when every change noted before is in the store. Rejects with `HOTSWAP_STORE_FAILED`; what was not
   * written stays pending.
   */
  async flush(): Promise<void> {
    await asHost(() => this.#flushAll());
  }

  /** Flushes what is pending and closes the store, also when flushing fails. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    try {
      await this.flush();
    } finally {
      await asHost(() => this.#options.store.close());
    }
  }

  #schedule(): void {
    this.#timer = asHost(() => setTimeout(() => void this.#flushOnTime(), this.#options.interval));
    this.#timer.unref();
  }

  async #flushOnTime(): Promise<void> {
    const { what, interval, logger } = this.#options;
    try {
      await this.#flushAll();
    } catch (error) {
      logger.error(`${what} could not be flushed, trying again in ${interval} ms: ${describeError(error)}`);
    }
    this.#timer = undefined;
    if (this.#pending.size > 0 && !this.#closed) this.#schedule();
  }

  async #flushAll(): Promise<void> {
    // A batch that is on its way may have been put together before the last change; who started it hears of its
    // failure.
    while (this.#running) await Promise.allSettled([this.#running]);
    if (this.#pending.size === 0) return;
    this.#running = this.#writePending();
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #writePending(): Promise<void> {
    const batch = this.#pending;
    this.#pending = new Map();
    try {
      await this.#options.store.write(this.#textsOf(batch));
    } catch (error) {
      // What changed again meanwhile is newer than the batch.
      for (const [key, value] of this.#pending) batch.set(key, value);
      this.#pending = batch;
      throw error;
    }
  }

  *#textsOf(batch: ReadonlyMap<string, Value>): Generator<readonly [key: string, text: string | undefined]> {
    for (const [key, value] of batch) yield [key, this.#options.textOf(value)];
  }
}
