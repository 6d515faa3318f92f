import type { Migrations } from "../live-type.ts";

/**
 * The types of the data bag's keys, for you to add to:
 *
 *     declare module "hotswap" {
 *       interface DataBagEntries { players: Map<string, Player> }
 *     }
 *
 * Keys that are not declared hold `unknown`.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- it is there to be augmented
export interface DataBagEntries {}

/** What the data bag holds under the key `K`. */
export type EntryOf<K extends string> = K extends keyof DataBagEntries ? DataBagEntries[K] : unknown;

/** What a set says about a key of the data bag. */
export interface KeyDeclaration<V = unknown> {
  /**
   * Version of the value's shape, an integer from 1.
   *
   * @default 1
   */
  readonly version?: number;
  /** Step `n` takes a value of version n and returns one of version n + 1. */
  readonly migrations?: Migrations;
  /** Step `n` takes a value of version n and returns one of version n - 1; it lets older code be rolled back to. */
  readonly downgrades?: Migrations;
  /**
   * Called when both the set that is being prepared and the live set wrote the key, the live set after the new one
   * had last read it. Returns the value that the key is to hold. `theirs` is what the live set wrote, `ours` what the
   * new one wrote, and `original` what the new one found when it last looked (or wrote without looking) before its
   * first write; each is `undefined` where the key was absent. So `theirs + ours - original` adds up what both
   * counted.
   */
  readonly merge?: (theirs: V | undefined, ours: V | undefined, original: V | undefined) => V;
}

/**
 * Serialisable data that survives reloads and, with a store, restarts. Values go in and come out as copies: changing
 * what `get` returned changes nothing until it is `set` again.
 *
 * Values may be everything plain, bigint, Map, Set, Date, Temporal, RegExp, URL, URLSearchParams, ArrayBuffer, its
 * views and Buffer, live data, instances of live types, which come back as the newest version of their class, and all
 * that with cycles and shared references, holes, and objects that are frozen or sealed. What would come back as
 * anything else is refused: functions, getters, symbols, hidden and read-only properties, properties of one's own on
 * arrays and other built-in objects, private fields, proxies, instances of other classes.
 */
export interface DataBag {
  /**
   * A copy of the value, or `undefined`.
   *
   * @throws HotswapError `HOTSWAP_MIGRATION_FAILED` when the data does not fit this set's code.
   */
  get<K extends string>(key: K): EntryOf<K> | undefined;
  /**
   * Stores a copy.
   *
   * @throws HotswapError `HOTSWAP_NOT_SERIALIZABLE` with the path of what cannot be stored, and `HOTSWAP_TOO_LARGE` for
   * more than `maxValueSize`; the key then holds what it held before.
   */
  set<K extends string>(key: K, value: EntryOf<K>): void;
  /** Replaces the value by `fn(value)`, with `initial` where the key is absent, and returns the new value. */
  update<K extends string>(key: K, fn: (value: EntryOf<K>) => EntryOf<K>, initial: EntryOf<K>): EntryOf<K>;
  /** Whether `key` has a value. */
  has(key: string): boolean;
  /** `false` when the key was absent. */
  delete(key: string): boolean;
  /** The keys that have a value. */
  keys(): IterableIterator<string>;
  /** Keys with copies of their values, made one by one as they are asked for. */
  entries(): IterableIterator<[string, unknown]>;
  readonly size: number;
  /**
   * Declares version, migrations and merge of a key for the whole set. Call it in `onInit` or in a reload callback:
   * older data is migrated before the swap, so a step that fails makes the reload fail. Plugins may declare a key in
   * any order, and what another plugin of the set wrote before counts as written at this version.
   *
   * @throws HotswapError `HOTSWAP_MIGRATION_FAILED` when two plugins declare a key differently, and when one read it
   * before at another version.
   */
  declare<K extends string>(key: K, declaration: KeyDeclaration<EntryOf<K>>): void;
  /**
   * Resolves when everything written before is in the store; at once when there is none. Writes of a reload that is
   * still under way are not among them: they reach the store with the swap. Rejects with `HOTSWAP_STORE_FAILED`, and
   * keeps what was not written for the next flush; a value that the store refuses keeps no other from being written.
   */
  flush(): Promise<void>;
  /** Every value in JSON-safe form, or those of these keys that have one. */
  snapshot(keys?: Iterable<string>): Record<string, unknown>;
}
