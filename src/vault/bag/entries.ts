import { absent, Slot, type Absent, type Entry } from "./slot.ts";

/** Where a view reads and writes: the shared entries, or the writes of a transaction laid over them. */
export interface Layer {
  /** What the key holds. */
  read(key: string): Entry | Absent;
  /** The same for the code of a set: what it does next may rest on it. */
  see(key: string): Entry | Absent;
  write(key: string, entry: Entry | Absent): void;
  /** Puts the migrated form of what the key holds in its place; nobody's write, so never a conflict. */
  replace(key: string, entry: Entry): void;
  /** Whether a transaction wrote the key. */
  wrote(key: string): boolean;
  keys(): IterableIterator<string>;
  readonly size: number;
}

/** Told of every change to the entries, before it is made. */
export interface EntriesObserver {
  changing(key: string, before: Entry | Absent, after: Entry | Absent, isReplacement: boolean): void;
}

/** The entries that every set shares. Besides them it counts which live types and versions are in them, so that finding
 * data that needs migrating does not mean looking at all of it. */
export class SharedEntries implements Layer {
  readonly #entries = new Map<string, Entry>();
  readonly #observers = new Set<EntriesObserver>();
  readonly #typeCounts = new Map<string, Map<number, number>>();
  /** Keys whose value has another version than 1. */
  readonly #versioned = new Set<string>();

  read(key: string): Entry | Absent {
    const entry = this.#entries.get(key);
    return entry === undefined && !this.#entries.has(key) ? absent : entry;
  }

  see(key: string): Entry | Absent {
    return this.read(key);
  }

  write(key: string, entry: Entry | Absent): void {
    this.#change(key, entry, false);
  }

  replace(key: string, entry: Entry): void {
    this.#change(key, entry, true);
  }

  wrote(): boolean {
    return false;
  }

  /** Takes an entry from the store: no observer is told. */
  load(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    if (entry instanceof Slot) this.#count(key, entry, 1);
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Every live type and version that occurs, with the number of keys that hold it. */
  *types(): IterableIterator<{ name: string; version: number; keys: number }> {
    for (const [name, versions] of this.#typeCounts) {
      for (const [version, keys] of versions) yield { name, version, keys };
    }
  }

  versionedKeys(): Iterable<string> {
    return this.#versioned;
  }

  observe(observer: EntriesObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  #change(key: string, entry: Entry | Absent, isReplacement: boolean): void {
    const before = this.read(key);
    for (const observer of this.#observers) observer.changing(key, before, entry, isReplacement);
    if (before instanceof Slot) this.#count(key, before, -1);
    if (entry === absent) {
      this.#entries.delete(key);
      return;
    }
    this.#entries.set(key, entry);
    if (entry instanceof Slot) this.#count(key, entry, 1);
  }

  #count(key: string, slot: Slot, change: 1 | -1): void {
    if (slot.version !== 1) {
      if (change === 1) this.#versioned.add(key);
      else this.#versioned.delete(key);
    }
    for (const { name, version } of slot.types) {
      let versions = this.#typeCounts.get(name);
      if (!versions) this.#typeCounts.set(name, (versions = new Map()));
      const count = (versions.get(version) ?? 0) + change;
      if (count > 0) versions.set(version, count);
      else versions.delete(version);
    }
  }
}
