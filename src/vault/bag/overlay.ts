import type { Layer, SharedEntries } from "./entries.ts";
import { absent, type Absent, type Entry } from "./slot.ts";

/** The writes of a transaction, laid over the shared entries, which they leave alone. */
export class Overlay implements Layer {
  readonly #below: SharedEntries;
  readonly #writes = new Map<string, Entry | Absent>();
  readonly #replaced = new Set<string>();

  constructor(below: SharedEntries) {
    this.#below = below;
  }

  read(key: string): Entry | Absent {
    const entry = this.#writes.get(key);
    return entry === undefined && !this.#writes.has(key) ? this.#below.read(key) : entry;
  }

  write(key: string, entry: Entry | Absent): void {
    this.#replaced.delete(key);
    this.#writes.set(key, entry);
  }

  replace(key: string, entry: Entry): void {
    if (!this.#writes.has(key)) this.#replaced.add(key);
    this.#writes.set(key, entry);
  }

  /** Whether the set that is being prepared wrote the key itself. */
  wrote(key: string): boolean {
    return this.#writes.has(key) && !this.#replaced.has(key);
  }

  has(key: string): boolean {
    return this.#writes.has(key);
  }

  writes(): ReadonlyMap<string, Entry | Absent> {
    return this.#writes;
  }

  /** Whether the entry of a key is only the migrated form of what lies below. */
  isReplacement(key: string): boolean {
    return this.#replaced.has(key);
  }

  *keys(): IterableIterator<string> {
    for (const key of this.#below.keys()) {
      if (this.#writes.get(key) !== absent) yield key;
    }
    for (const [key, entry] of this.#writes) {
      if (entry !== absent && this.#below.read(key) === absent) yield key;
    }
  }

  get size(): number {
    let size = this.#below.size;
    for (const [key, entry] of this.#writes) {
      size += (entry === absent ? 0 : 1) - (this.#below.read(key) === absent ? 0 : 1);
    }
    return size;
  }
}
