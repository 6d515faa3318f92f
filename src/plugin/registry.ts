import { HotswapError } from "../errors.ts";
import { currentGraph } from "../load/graph.ts";

/**
 * What plugins add to the host by name: commands, routes, services. It is made in a module of the host, plugins fill
 * it with `scope.register()`, and the swap hands the entries over: an entry is there from the swap that brings its
 * plugin's code to the swap that takes that code out. When the reload fails, it was never there.
 *
 * A reader sees the entries of one set. The host sees those of the current set (of every swapper in the process);
 * code of a plugin sees those of the set that its generation belongs to: the current one as long as it stays, the
 * last one that it was part of once it was taken out, and the coming one in `onLoad` and `onInit`. To read another
 * set, such as that of a lease, ask its manager: `lease.manager.registry(commands)`.
 *
 * Values are handed out as exports are: functions, and methods of objects, run in the generation that registered
 * them, are counted as calls of its set, and throw `HOTSWAP_FREED` once it is freed.
 */
export interface Registry<Value> {
  readonly name: string;
  /** How many entries there are. Looks at each. */
  readonly size: number;
  /** The entry of `key`; `undefined` when nobody registered one. */
  get(key: string): Value | undefined;
  /** Whether `key` has an entry. */
  has(key: string): boolean;
  /** The keys as they are now, in the order in which they were first registered. */
  keys(): IterableIterator<string>;
  /** Keys with their values, as they are now. */
  entries(): IterableIterator<[key: string, value: Value]>;
}

/**
 * Makes a registry. Call it in a module of the host, which every generation shares.
 *
 * `name` is for messages.
 *
 * @throws TypeError in code of a plugin: what is made there goes with the generation.
 * @example
 *     // host/commands.ts
 *     export const commands = registry<(words: string) => string>("commands");
 *     // plugin/moderation/index.ts
 *     onInit(vault, scope) { scope.register(commands, "kick", (words) => `${words} is out`); }
 *     // host/server.ts
 *     commands.get("kick")?.("Ada");
 */
export function registry<Value>(name: string): Registry<Value> {
  if (typeof name !== "string") throw new TypeError(`registry() takes a name, not ${Bun.inspect(name)}`);
  if (currentGraph() !== undefined) {
    throw new TypeError(
      `registry("${name}") was called by code of a plugin, with which it would go: make it in a module outside of the plugin's folder`,
    );
  }
  return new RegistryView(new EntryTable<Value>(name), caller);
}

/** Who sees which entries. */
export interface EntryReader {
  /** Whether entries of this owner are there for the reader. */
  sees(owner: EntryOwner): boolean;
}

/** The generation that an entry belongs to. */
export interface EntryOwner extends EntryReader {
  /** The plugin's name. */
  readonly plugin: string;
  /** The same in lower case: the name by which sets know it. */
  readonly key: string;
  /** Whether the generation is part of the current set. */
  readonly isCurrent: boolean;
  /** Whether it was taken out of the current set, or will never come into it. */
  readonly hasLeft: boolean;
}

/** Code of the graph reads registries as `owner` from now on. @internal */
export function readAs(owner: EntryOwner, graph: object): void {
  readers.set(graph, owner);
}

/** The table behind a registry. Throws a `TypeError` when `registry` did not make it. @internal */
export function entriesOf<Value>(of: Registry<Value>): EntryTable<Value> {
  if (of instanceof RegistryView) return (of as RegistryView<Value>).table;
  throw new TypeError(`${Bun.inspect(of)} is not a registry: make one with registry() in a module of the host`);
}

/** The registry as one reader sees it, whoever asks; `reader` is called at each read, and may throw. @internal */
export function registryAs<Value>(of: Registry<Value>, reader: () => EntryReader): Registry<Value> {
  return new RegistryView(entriesOf(of), reader);
}

/** Which generation the code of a graph belongs to. */
const readers = new WeakMap<object, EntryOwner>();

const host: EntryReader = { sees: ({ isCurrent }) => isCurrent };

function caller(): EntryReader {
  const graph = currentGraph();
  return graph === undefined ? host : (readers.get(graph) ?? host);
}

class RegistryView<Value> implements Registry<Value> {
  /** @internal */
  readonly table: EntryTable<Value>;
  readonly #reader: () => EntryReader;

  constructor(table: EntryTable<Value>, reader: () => EntryReader) {
    this.table = table;
    this.#reader = reader;
  }

  get name(): string {
    return this.table.name;
  }

  get size(): number {
    return this.table.list(this.#reader()).length;
  }

  get(key: string): Value | undefined {
    return this.table.find(key, this.#reader())?.value;
  }

  has(key: string): boolean {
    return this.table.find(key, this.#reader()) !== undefined;
  }

  keys(): IterableIterator<string> {
    const keys = this.table.list(this.#reader()).map(([key]) => key);
    return keys.values();
  }

  entries(): IterableIterator<[string, Value]> {
    return this.table.list(this.#reader()).values();
  }
}

interface Entry<Value> {
  readonly owner: EntryOwner;
  readonly value: Value;
}

/** All entries of a registry, whatever sets they belong to: calls of a set that was swapped out still read its own. @internal */
export class EntryTable<Value> {
  readonly name: string;
  /** Under one key there is one for each generation that may be asked for it: hardly ever more than two. */
  readonly #entries = new Map<string, Entry<Value>[]>();

  constructor(name: string) {
    this.name = name;
  }

  find(key: string, reader: EntryReader): Entry<Value> | undefined {
    const entries = this.#entries.get(key);
    if (entries === undefined) return undefined;
    for (const entry of entries) if (reader.sees(entry.owner)) return entry;
    return undefined;
  }

  list(reader: EntryReader): [string, Value][] {
    const seen: [string, Value][] = [];
    for (const key of this.#entries.keys()) {
      const entry = this.find(key, reader);
      if (entry !== undefined) seen.push([key, entry.value]);
    }
    return seen;
  }

  /** Throws `HOTSWAP_DUPLICATE_ENTRY` when an entry of `owner` would meet another with this key in some set. */
  requireFree(key: string, owner: EntryOwner): void {
    const other = this.#entries.get(key)?.find((entry) => meet(entry.owner, owner))?.owner;
    if (other === undefined) return;
    throw new HotswapError(
      "HOTSWAP_DUPLICATE_ENTRY",
      other === owner
        ? `${owner.plugin} registers "${key}" in ${this.name} twice: undo the first with the function that scope.register() returned, or take another key`
        : `two plugins register "${key}" in ${this.name}: ${other.plugin} and ${owner.plugin}; give one of them another key`,
      { plugin: owner.plugin },
    );
  }

  /** Returns what takes the entry out again. The key has to be free. */
  add(key: string, value: Value, owner: EntryOwner): () => void {
    const entry = { owner, value };
    const entries = this.#entries.get(key);
    if (entries === undefined) this.#entries.set(key, [entry]);
    else entries.push(entry);
    return () => this.#remove(key, entry);
  }

  #remove(key: string, entry: Entry<Value>): void {
    const others = this.#entries.get(key)?.filter((other) => other !== entry) ?? [];
    if (others.length > 0) this.#entries.set(key, others);
    else this.#entries.delete(key);
  }
}

/** Whether a set that is current, or can become current, has both. An entry that has left does not conflict. */
function meet(known: EntryOwner, newcomer: EntryOwner): boolean {
  return known === newcomer || (!known.hasLeft && (known.sees(newcomer) || newcomer.sees(known)));
}
