import { AsyncLocalStorage } from "node:async_hooks";
import { describeError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { DataStore } from "../store/data-store.ts";
import { recordText } from "./record.ts";
import { absent, type Absent, type Entry } from "./slot.ts";

/** Enters the host's context. What a plugin's call sets off here (a timer, a write) must outlive the plugin. */
const asHost = AsyncLocalStorage.snapshot();

export interface FlusherOptions {
  /** The longest time in ms that a write waits. */
  readonly interval: number;
  readonly logger: Logger;
}

/** Takes changes to the store in batches: every batch is all that changed up to one moment, so what was written in one step (a reload's commit) is never torn apart. */
export class Flusher {
  readonly #store: DataStore;
  readonly #interval: number;
  readonly #logger: Logger;
  #pending = new Map<string, Entry | Absent>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(store: DataStore, { interval, logger }: FlusherOptions) {
    this.#store = store;
    this.#interval = interval;
    this.#logger = logger;
  }

  /** Notes a change; it is flushed within the interval. */
  add(key: string, entry: Entry | Absent): void {
    this.#pending.set(key, entry);
    if (this.#timer === undefined && !this.#closed) this.#schedule();
  }

  /** Resolves when every change noted before is in the store. A failed batch stays pending. */
  async flush(): Promise<void> {
    await asHost(() => this.#flushAll());
  }

  /** Flushes what is pending and closes the store, also when that fails. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    try {
      await this.flush();
    } finally {
      await asHost(() => this.#store.close());
    }
  }

  #schedule(): void {
    this.#timer = asHost(() => setTimeout(() => void this.#flushOnTime(), this.#interval));
    this.#timer.unref();
  }

  async #flushOnTime(): Promise<void> {
    try {
      await this.#flushAll();
    } catch (error) {
      this.#logger.error(
        `the data bag could not be flushed; trying again in ${this.#interval} ms: ${describeError(error)}`,
      );
    }
    this.#timer = undefined;
    if (this.#pending.size > 0 && !this.#closed) this.#schedule();
  }

  async #flushAll(): Promise<void> {
    // A batch that is on its way may have been put together before the last change.
    while (this.#running) await this.#running.catch(() => {});
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
      await this.#store.write(textsOf(batch));
    } catch (error) {
      // What changed again meanwhile is newer than the batch.
      for (const [key, entry] of this.#pending) batch.set(key, entry);
      this.#pending = batch;
      throw error;
    }
  }
}

function* textsOf(
  batch: ReadonlyMap<string, Entry | Absent>,
): Generator<readonly [key: string, text: string | undefined]> {
  for (const [key, entry] of batch) yield [key, entry === absent ? undefined : recordText(entry)];
}
