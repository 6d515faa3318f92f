import type { GenerationRecord } from "../generation/generation-record.ts";
import type { Logger } from "../logger.ts";
import { collectNow } from "./collect.ts";

/** How long a collection that does not stop the host may take before one is forced, in ms. */
const COLLECTION_TIME = 100;

interface Watched {
  readonly record: GenerationRecord;
  /** When it should have been collected, on the clock of `performance.now()`. */
  readonly due: number;
}

/**
 * Reports, once for each, the freed generations that something still refers to (SPEC 6.4). The host is stopped for a full
 * collection only when one is suspected, and once for all that are suspected together.
 */
export class LeakWatch {
  readonly #logger: Logger;
  readonly #leakAfter: number;
  readonly #onLeak: (record: GenerationRecord) => void;
  readonly #watched: Watched[] = [];
  #timer: Timer | undefined;
  #closed = false;

  /** `leakAfter` in ms: how long after it was freed a generation may stay in memory. */
  constructor(logger: Logger, leakAfter: number, onLeak: (record: GenerationRecord) => void = () => {}) {
    this.#onLeak = onLeak;
    this.#logger = logger;
    this.#leakAfter = leakAfter;
  }

  /** Begins to watch a generation that was freed just now. */
  watch(record: GenerationRecord): void {
    if (this.#closed) return;
    this.#watched.push({ record, due: performance.now() + this.#leakAfter });
    if (this.#timer === undefined) this.#wait(this.#leakAfter, () => this.#examine());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watched.length = 0;
  }

  /** Looks at the generations that are due. They are sorted by when they are due. */
  #examine(): void {
    const now = performance.now();
    const upcoming = this.#watched.findIndex(({ due }) => due > now);
    const due = this.#watched.splice(0, upcoming === -1 ? this.#watched.length : upcoming);
    const suspects = stillThere(due.map(({ record }) => record));
    if (suspects.length === 0) this.#next();
    else this.#collect(suspects);
  }

  /** What nobody refers to may merely not have been collected yet. */
  #collect(suspects: readonly GenerationRecord[]): void {
    Bun.gc(false);
    this.#wait(COLLECTION_TIME, () => {
      const remaining = stillThere(suspects);
      if (remaining.length === 0) this.#next();
      // In a later turn of the event loop: looking at a generation keeps it alive until this turn ends.
      else this.#wait(0, () => this.#confirm(remaining));
    });
  }

  #confirm(suspects: readonly GenerationRecord[]): void {
    collectNow();
    this.#wait(0, () => {
      for (const record of stillThere(suspects)) this.#report(record);
      this.#next();
    });
  }

  #report(record: GenerationRecord): void {
    record.leaked = true;
    const { plugin, number, info } = record;
    const seconds = (info.age / 1000).toFixed(1);
    this.#logger.warn(
      `${record} was freed more than ${this.#leakAfter} ms ago (age ${seconds} s), but something still refers to its code, so its memory is not given back: swapper.explain({ plugin: "${plugin}", number: ${number} }) names what holds it`,
    );
    this.#onLeak(record);
  }

  #next(): void {
    const [first] = this.#watched;
    if (first !== undefined && this.#timer === undefined)
      this.#wait(Math.max(0, first.due - performance.now()), () => this.#examine());
  }

  /** Continues after `ms`; a host that has nothing else to do may end meanwhile. */
  #wait(ms: number, step: () => void): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      step();
    }, ms).unref();
  }
}

function stillThere(records: readonly GenerationRecord[]): GenerationRecord[] {
  return records.filter((record) => record.bridge !== undefined);
}
