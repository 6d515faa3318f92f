import { HotswapError, type ErrorCode } from "../../errors.ts";
import { decode } from "../codec/decode.ts";
import { encode } from "../codec/encode.ts";
import { Encoded } from "../codec/form.ts";
import { migrate } from "../types/migrate.ts";
import { toText } from "../codec/text.ts";
import type { DataBag, EntryOf, KeyDeclaration } from "./data-bag.ts";
import type { Declarations, DeclaredKey } from "./declarations.ts";
import type { EntriesObserver, Layer, SharedEntries } from "./entries.ts";
import type { SetTypes } from "../types/set-types.ts";
import { absent, Slot, toEntry, versionOfEntry, type Absent, type Entry } from "./slot.ts";

/** What a view needs of the storage that it belongs to. */
export interface ViewHost {
  /** The most bytes that a value may take. */
  readonly maxValueSize: number;
  flush(): Promise<void>;
  /** What the set that is live now says about a key. */
  currentDeclaration(key: string): DeclaredKey | undefined;
}

/**
 * Where a view stands: `preparing` in a transaction, `current` after the swap, `draining` after the next, `ended` for
 * good.
 */
export type ViewState = "preparing" | "current" | "draining" | "ended";

/** The data bag as one set sees it: values come out with that set's classes and versions. */
export class BagView implements DataBag, EntriesObserver {
  readonly types: SetTypes;
  readonly #host: ViewHost;
  /** @internal */
  readonly declarations: Declarations;
  /** While preparing: the version at which a key was read, and by which plugin. */
  readonly #readAt = new Map<string, { readonly version: number; readonly plugin: string | undefined }>();
  /** While draining: entries that a newer set migrated, with what this one goes on reading. */
  readonly #migrated = new Map<string, { readonly from: Entry; readonly to: Entry }>();
  #layer: Layer;
  #stopObserving: (() => void) | undefined;
  #state: ViewState = "preparing";
  #ending: HotswapError | undefined;

  constructor(host: ViewHost, types: SetTypes, declarations: Declarations, layer: Layer) {
    this.#host = host;
    this.types = types;
    this.declarations = declarations;
    this.#layer = layer;
  }

  get<K extends string>(key: K): EntryOf<K> | undefined {
    const entry = this.#read(key);
    return (entry === absent ? undefined : this.#valueOf(key, entry)) as EntryOf<K> | undefined;
  }

  set<K extends string>(key: K, value: EntryOf<K>): void {
    this.#checkAlive();
    this.#layer.write(checkedKey(key), this.toEntry(key, value));
  }

  update<K extends string>(key: K, fn: (value: EntryOf<K>) => EntryOf<K>, initial: EntryOf<K>): EntryOf<K> {
    const entry = this.#read(key);
    const value = fn(entry === absent ? initial : (this.#valueOf(key, entry) as EntryOf<K>));
    this.set(key, value);
    return value;
  }

  has(key: string): boolean {
    return this.#read(key) !== absent;
  }

  delete(key: string): boolean {
    const existed = this.has(key);
    if (existed) this.#layer.write(key, absent);
    return existed;
  }

  keys(): IterableIterator<string> {
    this.#checkAlive();
    return this.#layer.keys();
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const key of this.keys()) {
      const entry = this.#read(key);
      if (entry !== absent) yield [key, this.#valueOf(key, entry)];
    }
  }

  get size(): number {
    this.#checkAlive();
    return this.#layer.size;
  }

  declare<K extends string>(key: K, declaration: KeyDeclaration<EntryOf<K>>): void {
    this.#checkAlive();
    const declared = this.declarations.add(checkedKey(key), declaration as unknown as KeyDeclaration<never>);
    this.#checkReadBefore(key, declared);
    if (!this.#layer.wrote(key)) return;
    // Another plugin of the set wrote it before, and meant what the set declares.
    const entry = this.#layer.read(key);
    if (entry !== absent) this.#layer.write(key, withDeclaration(entry, declared));
  }

  async flush(): Promise<void> {
    this.#checkAlive();
    await this.#host.flush();
  }

  snapshot(keys: Iterable<string> = this.#layer.keys()): Record<string, unknown> {
    this.#checkAlive();
    const snapshot: Record<string, unknown> = Object.create(null);
    for (const key of keys) {
      const entry = this.#read(key);
      if (entry !== absent) snapshot[key] = JSON.parse(entry instanceof Slot ? entry.toText() : toText(entry));
    }
    return snapshot;
  }

  /** @internal A value in the form in which this set writes it. */
  toEntry(key: string, value: unknown): Entry {
    const content = encode(value, key, { typeOf: this.types.typeOf, maxSize: this.#host.maxValueSize });
    if (content instanceof Encoded) {
      for (const { name } of content.types) {
        if (!this.types.has(name))
          throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", `${key}: ${name} is not a live type of this set`);
      }
    }
    const declared = this.declarations.get(key);
    return declared ? toEntry(content, declared.version, declared.owner) : toEntry(content, 1, undefined);
  }

  /** @internal The value of an entry for this set, which need not be what the key holds now. */
  valueOf(key: string, entry: Entry): unknown {
    const value = decodeEntry(key, entry, this.types);
    const declared = this.declarations.get(key);
    const from = versionOfEntry(entry);
    const version = declared?.version ?? 1;
    if (from === version) return value;
    const newer = this.#host.currentDeclaration(key);
    const { migrations, downgrades } = declared?.options ?? {};
    const target = { version, migrations, downgrades, newerDowngrades: newer?.options.downgrades };
    const step = (): unknown => migrate(`the data-bag key ${JSON.stringify(key)}`, value, from, target);
    const { enter } = declared ?? newer ?? {};
    return enter === undefined ? step() : enter(step);
  }

  /** @internal Whether an entry is of another shape than this set's code expects. */
  isOutdated(key: string, entry: Entry): boolean {
    if (!(entry instanceof Slot)) return !this.declarations.isEmpty && (this.declarations.get(key)?.version ?? 1) !== 1;
    return (
      entry.version !== (this.declarations.get(key)?.version ?? 1) ||
      entry.types.some((written) => this.types.isOutdated(written))
    );
  }

  /** @internal Whether the entry holds instances of a type that no plugin of this set has: it stays as it is. */
  holdsMissingType(entry: Entry): boolean {
    return entry instanceof Slot && entry.types.some(({ name }) => !this.types.has(name));
  }

  /** @internal After the swap: reads and writes go to the shared entries. */
  becomeCurrent(shared: SharedEntries): void {
    this.#layer = shared;
    this.#readAt.clear();
    this.#state = "current";
  }

  /** @internal The next set takes over: what it does to the entries must not change what this one reads. */
  beginDraining(shared: SharedEntries): void {
    this.#state = "draining";
    this.#stopObserving = shared.observe(this);
  }

  /** What this view goes on reading is kept before it changes. */
  changing(key: string, before: Entry | Absent, after: Entry | Absent, isReplacement: boolean): void {
    const mine = this.#asRead(key, before);
    this.#migrated.delete(key);
    if (isReplacement && mine !== absent && after !== absent) this.#migrated.set(key, { from: mine, to: after });
  }

  /** @internal Drops every reference to the set's code. Later use throws an error with `code` and `message`. */
  end(code: ErrorCode, message: string): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#ending = new HotswapError(code, message);
    this.declarations.clear();
    this.#stopObserving?.();
    this.#readAt.clear();
    this.#migrated.clear();
    this.types.clear();
  }

  #read(key: string): Entry | Absent {
    this.#checkAlive();
    return this.#asRead(key, this.#layer.see(key));
  }

  /** What this set reads where the key holds `entry`. */
  #asRead(key: string, entry: Entry | Absent): Entry | Absent {
    const migrated = this.#migrated.get(key);
    return migrated && Object.is(migrated.to, entry) ? migrated.from : entry;
  }

  #valueOf(key: string, entry: Entry): unknown {
    if (this.#state === "preparing") this.#noteRead(key);
    if (!(entry instanceof Slot) && this.declarations.isEmpty) return entry;
    if (!this.isOutdated(key, entry)) return decodeEntry(key, entry, this.types);
    const value = this.valueOf(key, entry);
    // Kept, so that a step runs once for each value: one that draws a random id must not draw it anew on every read. An
    // older set that is still draining leaves the data as the newer one wrote it.
    if (this.#state !== "draining") this.#layer.replace(key, this.toEntry(key, value));
    return value;
  }

  #noteRead(key: string): void {
    if (this.#readAt.has(key) || this.#layer.wrote(key)) return;
    const version = this.declarations.get(key)?.version ?? 1;
    this.#readAt.set(key, { version, plugin: this.declarations.owner });
  }

  #checkReadBefore(key: string, { version, owner }: DeclaredKey): void {
    const read = this.#readAt.get(key);
    if (!read || read.version === version) return;
    const [reader, declarer] = [read.plugin, owner].map((plugin) =>
      plugin === undefined ? "the host" : `"${plugin}"`,
    );
    throw new HotswapError(
      "HOTSWAP_MIGRATION_FAILED",
      `the data-bag key ${JSON.stringify(key)} was read by ${reader} at version ${read.version}, before ${declarer} declared version ${version}: ` +
        (reader === declarer
          ? "declare it before it is read"
          : `let ${reader} depend on ${declarer}, so that it comes later`),
      { plugin: owner },
    );
  }

  #checkAlive(): void {
    if (this.#ending) throw new HotswapError(this.#ending.code, this.#ending.message);
  }
}

function withDeclaration(entry: Entry, { version, owner }: DeclaredKey): Entry {
  return entry instanceof Slot ? new Slot(entry.content, version, owner, entry.types) : toEntry(entry, version, owner);
}

function decodeEntry(key: string, entry: Entry | undefined, types: SetTypes): unknown {
  if (!(entry instanceof Slot)) return entry;
  try {
    return decode(entry.content, types, key);
  } catch (error) {
    if (error instanceof HotswapError) throw error;
    // Rows are malformed, and constructors refuse them, only when the store returned something else than it was given.
    throw new HotswapError("HOTSWAP_STORE_FAILED", `the stored value of ${JSON.stringify(key)} is damaged`, {
      cause: error,
    });
  }
}

function checkedKey(key: string): string {
  if (typeof key !== "string" || !key.isWellFormed()) {
    throw new HotswapError(
      "HOTSWAP_NOT_SERIALIZABLE",
      `${Bun.inspect(key)} cannot be a key of the data bag: keys are well-formed strings`,
    );
  }
  return key;
}
