import type { Layer, SharedEntries } from "./entries.ts";
import { absent, type Absent, type Entry } from "./slot.ts";

/** The writes of a transaction, laid over the shared entries, which they leave alone. */
export class Overlay implements Layer {
  readonly #below: SharedEntries;
  readonly #writes = new Map<string, Entry | Absent>();
  /** Keys that hold the migrated form of what lies below, with what lay there. */
  readonly #replaced = new Map<string, Entry | Absent>();
  /** What lay below when the set last looked, for keys that it looked at or wrote. */
  readonly #seen = new Map<string, Entry | Absent>();

  constructor(below: SharedEntries) {
    this.#below = below;
  }

  read(key: string): Entry | Absent {
    this.forgetStale(key);
    const entry = this.#writes.get(key);
    return entry === undefined && !this.#writes.has(key) ? this.#below.read(key) : entry;
  }

  see(key: string): Entry | Absent {
    const entry = this.read(key);
    if (!this.wrote(key)) this.#seen.set(key, this.#below.read(key));
    return entry;
  }

  write(key: string, entry: Entry | Absent): void {
    if (!this.#seen.has(key)) this.#seen.set(key, this.#below.read(key));
    this.#replaced.delete(key);
    this.#writes.set(key, entry);
  }

  replace(key: string, entry: Entry): void {
    if (!this.wrote(key)) this.#replaced.set(key, this.#below.read(key));
    this.#writes.set(key, entry);
  }

  /** What lay below a written key when the set wrote it, or when it last looked before that. */
  seen(key: string): Entry | Absent {
    const entry = this.#seen.get(key);
    return entry === undefined && !this.#seen.has(key) ? absent : entry;
  }

  /** What lies below a key was migrated, and is the same value still. */
  replacedBelow(key: string, before: Entry | Absent, after: Entry | Absent): void {
    if (this.#seen.has(key) && Object.is(this.#seen.get(key), before)) this.#seen.set(key, after);
  }

  /** Whether the set that is being prepared wrote the key itself. */
  wrote(key: string): boolean {
    return this.#writes.has(key) && !this.#replaced.has(key);
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

  /** Drops the migrated form of what lies below when the live set wrote the key since. */
  forgetStale(key: string): void {
    if (!this.#replaced.has(key) || Object.is(this.#replaced.get(key), this.#below.read(key))) return;
    this.#replaced.delete(key);
    this.#writes.delete(key);
  }
}
