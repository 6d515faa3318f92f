import { HotswapError } from "../../errors.ts";

/**
 * Where the data bag, or a job queue, outlives the process. A store holds texts by key and serves one owner at a time;
 * `sqliteStore` is the embedded one. To add another, implement these three methods and run the contract tests
 * (`test/vault/store/store-contract.ts`) against it. Every failure rejects with `HOTSWAP_STORE_FAILED` and leaves the
 * store as it was.
 */
export interface DataStore {
  /**
   * Opens the store and gives everything in it. Called once, before all else. Must refuse a store that another owner
   * has open, and one that is damaged or was not made by this implementation, without changing it. Where records can be
   * had without waiting, `load` is an ordinary generator; whoever reads it gives other work its turn.
   */
  load(): AsyncIterable<StoreRecord> | Iterable<StoreRecord>;
  /**
   * Writes a batch: all of it or, when it rejects, nothing. When a single record is why, it rejects with a
   * {@link RecordRefused}, and is called again without that record. Resolves when the batch would survive the end of the
   * process and a loss of power. Never called again before the last call has settled.
   */
  write(batch: StoreBatch): Promise<void>;
  /** Lets go of everything; a store that is not open is left alone. */
  close(): Promise<void>;
}

/** A store cannot hold one record of a batch. The other records are written. */
export class RecordRefused extends HotswapError {
  readonly key: string;

  constructor(key: string, reason: string, cause?: unknown) {
    super("HOTSWAP_STORE_FAILED", `the value of ${JSON.stringify(key)} could not be stored: ${reason}`, { cause });
    this.key = key;
  }
}

/** What a {@link DataStore} keeps under one key. */
export interface StoreRecord {
  /** Any string without lone surrogates. */
  readonly key: string;
  readonly text: string;
}

/**
 * Keys with their new text, or `undefined` for those to delete (which may be absent). Read it once: texts are made as
 * they are asked for.
 */
export type StoreBatch = Iterable<readonly [key: string, text: string | undefined]>;
