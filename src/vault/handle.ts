import type { DataBag, EntryOf, KeyDeclaration } from "./bag/data-bag.ts";
import type { LiveFuncs, LiveTypes } from "./live-registry.ts";
import type { SetVault, Vault } from "./vault.ts";

/** Where handles find the vault that they stand for. All plugins of the current set share one seat. */
export interface Seat<Extension = unknown> {
  vault: SetVault<Extension>;
}

/**
 * The vault as one plugin holds it: always that of the set which the plugin is part of. A swap moves the plugins that
 * stay by moving the seat that they share, and gives those that leave a seat of their own, with the vault they had
 * (SPEC 3.16). So a data bag or a map of live functions that a plugin keeps in a variable is never an old one.
 *
 * A plugin has one handle, however many sets it is part of. So a call of a plugin that stays sees the current set's vault
 * from the swap on, also a call that began before it, or that a lease leads into the old set: its code cannot tell such a
 * call from a timer of its own, and to find out for each read would cost every read. The old set's own view is that of its
 * manager: `lease.manager.vault`, and that of the plugins that left with it.
 */
export class VaultHandle<Extension = unknown> implements Vault<Extension> {
  #seat: Seat<Extension>;
  #dataBag: DataBag | undefined;
  #liveFuncs: LiveFuncs | undefined;
  #liveTypes: LiveTypes | undefined;

  constructor(seat: Seat<Extension>) {
    this.#seat = seat;
  }

  get extension(): Extension {
    return this.#seat.vault.extension;
  }

  get dataBag(): DataBag {
    return (this.#dataBag ??= new BagHandle(() => this.#seat.vault.dataBag));
  }

  get liveFuncs(): LiveFuncs {
    return (this.#liveFuncs ??= new MapHandle(() => this.#seat.vault.liveFuncs) as LiveFuncs);
  }

  get liveTypes(): LiveTypes {
    return (this.#liveTypes ??= new MapHandle(() => this.#seat.vault.liveTypes) as LiveTypes);
  }

  moveTo(seat: Seat<Extension>): void {
    this.#seat = seat;
  }
}

class BagHandle implements DataBag {
  readonly #bag: () => DataBag;

  constructor(bag: () => DataBag) {
    this.#bag = bag;
  }

  get<K extends string>(key: K): EntryOf<K> | undefined {
    return this.#bag().get(key);
  }

  set<K extends string>(key: K, value: EntryOf<K>): void {
    this.#bag().set(key, value);
  }

  update<K extends string>(key: K, fn: (value: EntryOf<K>) => EntryOf<K>, initial: EntryOf<K>): EntryOf<K> {
    return this.#bag().update(key, fn, initial);
  }

  has(key: string): boolean {
    return this.#bag().has(key);
  }

  delete(key: string): boolean {
    return this.#bag().delete(key);
  }

  keys(): IterableIterator<string> {
    return this.#bag().keys();
  }

  entries(): IterableIterator<[string, unknown]> {
    return this.#bag().entries();
  }

  get size(): number {
    return this.#bag().size;
  }

  declare<K extends string>(key: K, declaration: KeyDeclaration<EntryOf<K>>): void {
    this.#bag().declare(key, declaration);
  }

  flush(): Promise<void> {
    return this.#bag().flush();
  }

  snapshot(keys?: Iterable<string>): Record<string, unknown> {
    return this.#bag().snapshot(keys);
  }
}

class MapHandle<Value> implements ReadonlyMap<string, Value> {
  readonly #map: () => ReadonlyMap<string, Value>;

  constructor(map: () => ReadonlyMap<string, Value>) {
    this.#map = map;
  }

  get(name: string): Value | undefined {
    return this.#map().get(name);
  }

  has(name: string): boolean {
    return this.#map().has(name);
  }

  get size(): number {
    return this.#map().size;
  }

  keys(): MapIterator<string> {
    return this.#map().keys();
  }

  values(): MapIterator<Value> {
    return this.#map().values();
  }

  entries(): MapIterator<[string, Value]> {
    return this.#map().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  forEach(fn: (value: Value, name: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [name, value] of this.entries()) fn(value, name, this);
  }
}
