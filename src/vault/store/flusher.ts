import { HotswapError, describeError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { runInHost } from "../../run-in-host.ts";
import { RecordRefused, type DataStore, type StoreBatch } from "./data-store.ts";

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
  /** What the last flush in time failed with, so that the same is not logged at every one. */
  #lastError: string | undefined;
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
   * written stays pending, and a change that cannot be written keeps no other from being.
   */
  async flush(): Promise<void> {
    await runInHost(() => this.#flushAll());
  }

  /** Flushes what is pending and closes the store, also when flushing fails. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    try {
      await this.flush();
    } finally {
      await runInHost(() => this.#options.store.close());
    }
  }

  #schedule(): void {
    this.#timer = runInHost(() => setTimeout(() => void this.#flushOnTime(), this.#options.interval));
    this.#timer.unref();
  }

  async #flushOnTime(): Promise<void> {
    const { what, interval, logger } = this.#options;
    try {
      await this.#flushAll();
      this.#lastError = undefined;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.#lastError)
        logger.error(`${what} could not be flushed, trying again in ${interval} ms: ${reason}`);
      this.#lastError = reason;
    }
    this.#timer = undefined;
    if (this.#pending.size > 0 && !this.#closed) this.#schedule();
  }

  async #flushAll(): Promise<void> {
    // A batch that is being written may lack the last change. Its failure goes to whoever started it.
    while (this.#running) await Promise.allSettled([this.#running]);
    if (this.#pending.size === 0) return;
    this.#running = this.#writePending();
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  /** Writes what can be written, and rejects naming what cannot; that stays pending. */
  async #writePending(): Promise<void> {
    const batch = this.#pending;
    this.#pending = new Map();
    const refused = new Map<string, RecordRefused>();
    try {
      while (batch.size > refused.size && !(await this.#write(batch, refused)));
    } catch (error) {
      this.#keep(batch);
      throw error;
    }
    if (refused.size === 0) return;
    this.#keep(new Map(Array.from(batch).filter(([key]) => refused.has(key))));
    throw refusal(refused);
  }

  /** `false` when a record was refused, and the rest has to be tried again. */
  async #write(batch: ReadonlyMap<string, Value>, refused: Map<string, RecordRefused>): Promise<boolean> {
    try {
      await this.#options.store.write(this.#textsOf(batch, refused));
      return true;
    } catch (error) {
      if (error instanceof RecordRefused && !refused.has(error.key)) refused.set(error.key, error);
      else if (error instanceof HotswapError) throw error;
      else
        throw new HotswapError(
          "HOTSWAP_STORE_FAILED",
          `${this.#options.what} could not be written: ${describeError(error)}`,
          { cause: error },
        );
      return false;
    }
  }

  /** What was changed again meanwhile is newer than `batch`. */
  #keep(batch: Map<string, Value>): void {
    for (const [key, value] of this.#pending) batch.set(key, value);
    this.#pending = batch;
  }

  *#textsOf(batch: ReadonlyMap<string, Value>, refused: Map<string, RecordRefused>): StoreBatch {
    for (const [key, value] of batch) {
      if (refused.has(key)) continue;
      let text: string | undefined;
      try {
        text = this.#options.textOf(value);
      } catch (error) {
        // Such as a text longer than any string can be.
        refused.set(key, new RecordRefused(key, describeError(error), error));
        continue;
      }
      yield [key, text];
    }
  }
}

function refusal(refused: ReadonlyMap<string, RecordRefused>): HotswapError {
  const [first, ...others] = refused.values();
  if (first && others.length === 0) return first;
  const message = [...refused.values()].map((error) => error.message).join("; ");
  return new HotswapError("HOTSWAP_STORE_FAILED", message, { cause: first });
}
