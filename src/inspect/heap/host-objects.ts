import { isMap, isProxy, isSet } from "node:util/types";

/** How near something is to what plugins do, for what is to be named first. */
export const Rank = { shared: 0, module: 1, plugin: 2, engine: 3, own: 4 } as const;

export type Rank = (typeof Rank)[keyof typeof Rank];

/** An object of the host that paths may begin at, with what people know it by. */
export interface NamedObject {
  readonly name: string;
  readonly object: object;
  readonly rank: Rank;
}

/** A collection with its contents, which heap snapshots leave out. */
export interface Collection {
  readonly object: object;
  readonly entries: readonly CollectionEntry[];
}

export interface CollectionEntry {
  /** How the entry is reached: its key, or what says that there is none. */
  readonly name: string;
  readonly value: unknown;
  /** The key, where it is an object. */
  readonly key?: unknown;
}

/** How many objects are looked at, at most: what lies behind them is reported as not seen. */
const LIMIT = 500_000;

/**
 * The maps and sets that can be reached from these objects without running any code: through properties that are no
 * accessors, elements, entries of other maps and sets, and members of classes.
 */
export function collectionsOf(starts: Iterable<NamedObject>): Collection[] {
  const collections: Collection[] = [];
  const seen = new Set<object>();
  const queue: object[] = [];
  const visit = (value: unknown): void => {
    if (!isObject(value) || seen.has(value) || seen.size >= LIMIT) return;
    seen.add(value);
    queue.push(value);
  };
  for (const { object } of starts) visit(object);
  for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
    if (isMap(object)) collections.push({ object, entries: mapEntries(object, visit) });
    else if (isSet(object)) collections.push({ object, entries: setEntries(object, visit) });
    visitProperties(object, visit);
  }
  return collections;
}

/** The listeners of `process`, which the engine holds in a way of its own. */
export function processListeners(): NamedObject[] {
  return process.eventNames().flatMap((event) =>
    process.rawListeners(event).map((listener) => ({
      name: `process.on(${typeof event === "string" ? JSON.stringify(event) : String(event)})`,
      object: listener,
      rank: Rank.module,
    })),
  );
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, visit: (value: unknown) => void): CollectionEntry[] {
  const entries: CollectionEntry[] = [];
  // The prototype's own method: a subclass may have one that runs its code.
  Map.prototype.forEach.call(map, (value, key) => {
    visit(key);
    visit(value);
    entries.push({ name: nameOfKey(key), value, ...(isObject(key) && { key }) });
  });
  return entries;
}

function setEntries(set: ReadonlySet<unknown>, visit: (value: unknown) => void): CollectionEntry[] {
  const entries: CollectionEntry[] = [];
  Set.prototype.forEach.call(set, (value) => {
    visit(value);
    entries.push({ name: "an entry", value });
  });
  return entries;
}

function visitProperties(object: object, visit: (value: unknown) => void): void {
  // A proxy's traps are code, and typed arrays hold nothing that refers to anything.
  if (isProxy(object) || ArrayBuffer.isView(object)) return;
  for (const key of Reflect.ownKeys(object)) {
    try {
      visit(Reflect.getOwnPropertyDescriptor(object, key)?.value);
    } catch {
      // An export that is not initialised yet, or an object of the engine that cannot be read.
    }
  }
}

function nameOfKey(key: unknown): string {
  if (typeof key === "string") return JSON.stringify(key.length > 60 ? `${key.slice(0, 60)}…` : key);
  if (isObject(key)) return "an entry";
  return String(key);
}

function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
