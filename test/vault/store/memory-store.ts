import { HotswapError } from "../../../src/errors.ts";
import type { DataStore, StoreBatch, StoreRecord } from "../../../src/vault/store/data-store.ts";

/** What outlives a memory store, as a file outlives the process. */
export interface MemoryDisk {
  readonly texts: Map<string, string>;
  owner: MemoryStore | undefined;
  /** The batches that were written, each with its keys. */
  readonly batches: string[][];
  /** Makes the next writes fail. */
  full: boolean;
}

export function memoryDisk(): MemoryDisk {
  return { texts: new Map(), owner: undefined, batches: [], full: false };
}

/** A store without a file: the least that fulfils the contract. */
export class MemoryStore implements DataStore {
  readonly #disk: MemoryDisk;
  #closed = false;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  async *load(): AsyncGenerator<StoreRecord> {
    if (this.#closed || this.#disk.owner)
      throw new HotswapError("HOTSWAP_STORE_FAILED", "the store is closed or in use");
    this.#disk.owner = this;
    for (const [key, text] of this.#disk.texts) yield { key, text };
  }

  async write(batch: StoreBatch): Promise<void> {
    if (this.#disk.owner !== this) throw new HotswapError("HOTSWAP_STORE_FAILED", "the store is not open");
    const changes = [...batch];
    if (this.#disk.full) throw new HotswapError("HOTSWAP_STORE_FAILED", "the disk is full");
    this.#disk.batches.push(changes.map(([key]) => key));
    for (const [key, text] of changes) {
      if (text === undefined) this.#disk.texts.delete(key);
      else this.#disk.texts.set(key, text);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#disk.owner === this) this.#disk.owner = undefined;
  }
}
