import { describeError, HotswapError, isHotswapError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import { addKind } from "../codec/kinds.ts";
import { SetTypes } from "../types/set-types.ts";
import { liveDataKind } from "../data/live-data.ts";
import type { LiveType } from "../live-type.ts";
import type { DataStore } from "../store/data-store.ts";
import { Flusher } from "../store/flusher.ts";
import { readAll } from "../store/read-all.ts";
import { milliseconds, valueSize } from "../store/limits.ts";
import { Declarations, type DeclaredKey } from "./declarations.ts";
import { SharedEntries } from "./entries.ts";
import { Overlay } from "./overlay.ts";
import { readRecord, recordText } from "./record.ts";
import { absent, type Absent, type Entry } from "./slot.ts";
import { Transaction, type BagTransaction, type TransactionHost } from "./transaction.ts";
import { BagView, type ViewHost } from "./view.ts";

export type { BagTransaction } from "./transaction.ts";

export interface BagStorageOptions {
  /** Where the data outlives the process; without one it lives as long as the process. */
  readonly store?: DataStore | undefined;
  /**
   * The longest time in ms that a write waits before it is flushed to the store, which a crash can cost; 1000 unless
   * given.
   */
  readonly flushInterval?: number | undefined;
  /** The most bytes that a value may take; 64 MB unless given. */
  readonly maxValueSize?: number | undefined;
  readonly logger: Logger;
}

export interface TransactionOptions {
  /**
   * The names of the set's plugins; without them no plugin counts as gone, so every declared key must go on being
   * declared.
   */
  readonly plugins?: Iterable<string>;
}

// A store may hold live data even if this program never wraps anything itself.
addKind(liveDataKind);

/** What lies behind the data bags of all sets. One for each swapper. */
export class BagStorage implements ViewHost, TransactionHost {
  readonly logger: Logger;
  readonly maxValueSize: number;
  readonly shared = new SharedEntries();
  readonly #flusher: Flusher<Entry | Absent> | undefined;
  readonly #views = new Set<BagView>();
  #current: BagView | undefined;
  #closed = false;

  private constructor(options: BagStorageOptions) {
    this.logger = options.logger;
    this.maxValueSize = valueSize(options.maxValueSize);
    if (options.store) {
      this.#flusher = new Flusher({
        store: options.store,
        what: "the data bag",
        interval: milliseconds("flushInterval", options.flushInterval ?? 1000),
        logger: options.logger,
        textOf: (entry) => (entry === absent ? undefined : recordText(entry)),
      });
    }
  }

  /**
   * Reads what is in the store. Throws `HOTSWAP_STORE_FAILED`, and a `RangeError` for an interval that makes no
   * sense.
   */
  static async open(options: BagStorageOptions): Promise<BagStorage> {
    const storage = new BagStorage(options);
    if (options.store) await storage.#load(options.store);
    return storage;
  }

  /** Begins the transaction of a set that is being prepared; `liveTypes` are its classes. */
  begin(liveTypes: ReadonlyMap<string, LiveType>, options: TransactionOptions = {}): BagTransaction {
    if (this.#closed) throw closedError();
    const types = new SetTypes(liveTypes, (name) => {
      // The newest code knows the way down: the set before, while this one is prepared, and the set after, while this
      // one drains.
      return this.#current === view ? undefined : this.#current?.types.ownDowngradesOf(name);
    });
    const overlay = new Overlay(this.shared);
    const declarations = new Declarations(options.plugins, this.#current?.declarations);
    const view: BagView = new BagView(this, types, declarations, overlay);
    this.#views.add(view);
    return new Transaction(this, view, overlay);
  }

  /** Resolves when everything written before is in the store. Throws `HOTSWAP_STORE_FAILED`. */
  async flush(): Promise<void> {
    await this.#flusher?.flush();
  }

  /** Flushes, closes the store and ends every bag. Throws `HOTSWAP_STORE_FAILED` when the last flush fails. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const view of this.#views) view.end("HOTSWAP_CLOSED", "the data bag was used after the swapper was closed");
    this.#views.clear();
    this.#current = undefined;
    await this.#flusher?.close();
  }

  currentDeclaration(key: string): DeclaredKey | undefined {
    return this.#current?.declarations.get(key);
  }

  drainCurrent(): void {
    this.#current?.beginDraining(this.shared);
  }

  replaceCurrent(view: BagView): void {
    view.becomeCurrent(this.shared);
    this.#current = view;
  }

  forget(view: BagView): void {
    this.#views.delete(view);
    if (this.#current === view) this.#current = undefined;
  }

  async #load(store: DataStore): Promise<void> {
    try {
      await readAll(store.load(), (record) => this.shared.load(record.key, readRecord(record)));
    } catch (error) {
      await store.close();
      if (isHotswapError(error)) throw error;
      const message = `the store of the data bag could not be read: ${describeError(error)}`;
      throw new HotswapError("HOTSWAP_STORE_FAILED", message, { cause: error });
    }
    const flusher = this.#flusher;
    if (flusher) this.shared.observe({ changing: (key, _before, after) => flusher.add(key, after) });
  }
}

function closedError(): HotswapError {
  return new HotswapError("HOTSWAP_CLOSED", "the data bag was used after the swapper was closed");
}
