import { HotswapError, describeError } from "../../errors.ts";
import type { Logger } from "../../logger.ts";
import type { BagView } from "./view.ts";
import type { DataBag } from "./data-bag.ts";
import type { EntriesObserver, SharedEntries } from "./entries.ts";
import type { Overlay } from "./overlay.ts";
import { absent, Slot, versionOfEntry, type Absent, type Entry } from "./slot.ts";
import { nextTurn } from "../../turn.ts";

/** What became of one value that had to be migrated. */
export interface MigrationOutcome {
  readonly key: string;
  /** Why it failed; `undefined` when it went well. */
  readonly error: HotswapError | undefined;
}

/** The data bag of a set that is being prepared. */
export interface BagTransaction {
  /**
   * The `vault.dataBag` of the new set. Before the commit its writes are seen by nobody else; afterwards it reads and
   * writes what all sets share.
   */
  readonly bag: DataBag;
  /** The plugin whose `onInit` is running, for what it declares; `undefined` for the host. */
  owner: string | undefined;
  /**
   * Everything that can fail, before the swap: migrates older data and looks for conflicts. Throws
   * `HOTSWAP_MIGRATION_FAILED` naming key, from and to, or the keys that both sets wrote.
   */
  prepare(): Promise<void>;
  /** What {@link prepare} would do to older data, for a reload that is only planned: every outcome, nothing thrown. */
  rehearse(): Promise<readonly MigrationOutcome[]>;
  /**
   * The swap: one synchronous step, whose cost is that of the keys written. Throws only for what the live set wrote
   * since {@link prepare} (a conflict, a migration), and then before it changed anything.
   */
  commit(): void;
  /** Drops the writes; using the bag later throws `HOTSWAP_FREED`. */
  abort(): void;
  /** The set was freed: drops the references to its classes; using the bag later throws `HOTSWAP_FREED`. */
  retire(): void;
}

/** What the transaction needs of its storage. */
export interface TransactionHost {
  readonly logger: Logger;
  readonly shared: SharedEntries;
  /** Entries are about to be changed for the next set. */
  drainCurrent(): void;
  /** The view takes the place of the current one. */
  replaceCurrent(view: BagView): void;
  /** The view is of no use any more. */
  forget(view: BagView): void;
}

type State = "open" | "committed" | "closed";

/** How many values are migrated before other work gets its turn. */
const MIGRATIONS_PER_TURN = 256;
/** How many keys are looked at before other work gets its turn. */
const KEYS_PER_TURN = 16_384;

export class Transaction implements BagTransaction, EntriesObserver {
  readonly #host: TransactionHost;
  readonly #overlay: Overlay;
  readonly #view: BagView;
  readonly #stopObserving: () => void;
  /** What the live set wrote meanwhile. */
  readonly #changed = new Set<string>();
  #state: State = "open";

  constructor(host: TransactionHost, view: BagView, overlay: Overlay) {
    this.#host = host;
    this.#view = view;
    this.#overlay = overlay;
    this.#stopObserving = host.shared.observe(this);
  }

  get bag(): DataBag {
    return this.#view;
  }

  get owner(): string | undefined {
    return this.#view.declarations.owner;
  }

  set owner(plugin: string | undefined) {
    this.#view.declarations.owner = plugin;
  }

  changing(key: string, before: Entry | Absent, after: Entry | Absent, isReplacement: boolean): void {
    if (isReplacement) this.#overlay.replacedBelow(key, before, after);
    else this.#changed.add(key);
  }

  async prepare(): Promise<void> {
    this.#checkOpen();
    this.#view.declarations.settle();
    for await (const { error } of this.#migrateOutdated()) {
      if (error) throw error;
    }
    this.#resolve();
    this.#warnOfUnknownTypes();
  }

  async rehearse(): Promise<readonly MigrationOutcome[]> {
    this.#checkOpen();
    return Array.fromAsync(this.#migrateOutdated());
  }

  commit(): void {
    this.#checkOpen();
    const resolved = this.#resolveAtSwap();
    this.#stopObserving();
    this.#state = "committed";
    const { shared } = this.#host;
    this.#host.drainCurrent();
    for (const [key, entry] of new Map([...this.#overlay.writes(), ...resolved])) {
      if (entry === absent || this.#overlay.wrote(key)) shared.write(key, entry);
      else shared.replace(key, entry);
    }
    this.#host.replaceCurrent(this.#view);
  }

  abort(): void {
    if (this.#state === "open") this.#close("the data bag of a reload that failed was used");
  }

  retire(): void {
    this.#close("the data bag of a set that was freed was used");
  }

  /**
   * Migrates what is older, or newer, than the code, and tells how each went. It is done before the swap and not when
   * somebody first reads, because only here can a step that fails still fail the reload. What is migrated later is only
   * what the set before goes on writing while it drains.
   */
  async *#migrateOutdated(): AsyncGenerator<MigrationOutcome> {
    let sinceTurn = 0;
    for await (const key of this.#outdatedKeys()) {
      const entry = this.#overlay.read(key);
      if (entry === absent) continue;
      let error: HotswapError | undefined;
      try {
        this.#checkDeclared(key, entry);
        this.#overlay.replace(key, this.#migrated(key, entry));
      } catch (thrown) {
        error = asMigrationError(key, thrown);
      }
      yield { key, error };
      if (++sinceTurn % MIGRATIONS_PER_TURN === 0) await nextTurn();
    }
  }

  async *#outdatedKeys(): AsyncGenerator<string> {
    const { shared } = this.#host;
    const isOutdated = (key: string): boolean => {
      const entry = this.#overlay.read(key);
      return entry !== absent && this.#mustMigrate(key, entry);
    };
    for (const key of [...this.#view.declarations.keys(), ...shared.versionedKeys()]) {
      if (isOutdated(key)) yield key;
    }
    // Look at every key only when the counts say that there is something to find.
    if (![...shared.types()].some((written) => this.#view.types.isOutdated(written))) return;
    let looked = 0;
    for (const key of shared.keys()) {
      if (isOutdated(key)) yield key;
      if (++looked % KEYS_PER_TURN === 0) await nextTurn();
    }
  }

  /** What belongs to a plugin that is no longer in the set stays as it is until the plugin comes back. */
  #mustMigrate(key: string, entry: Entry): boolean {
    return this.#view.isOutdated(key, entry) && !this.#view.holdsMissingType(entry) && !this.#isOrphan(key, entry);
  }

  #isOrphan(key: string, entry: Entry): boolean {
    if (!(entry instanceof Slot) || entry.version === 1 || this.#view.declarations.get(key)) return false;
    return this.#view.declarations.isAbsent(entry.owner);
  }

  #checkDeclared(key: string, entry: Entry): void {
    const version = versionOfEntry(entry);
    if (version === 1 || this.#view.declarations.get(key)) return;
    throw new HotswapError(
      "HOTSWAP_MIGRATION_FAILED",
      `the data-bag key ${JSON.stringify(key)} is stored at version ${version}, and this set does not declare it, which means version 1: ` +
        `the code is older than the data; load code that declares the key, or delete it`,
    );
  }

  #migrated(key: string, entry: Entry): Entry {
    return this.#view.toEntry(key, this.#view.valueOf(key, entry));
  }

  /** Throws what {@link Transaction.prepare} would, had it come later. */
  #resolveAtSwap(): ReadonlyMap<string, Entry | Absent> {
    try {
      return this.#resolve();
    } catch (error) {
      if (!(error instanceof HotswapError)) throw error;
      throw new HotswapError(error.code, error.message, { plugin: error.plugin, phase: "vault", cause: error.cause });
    }
  }

  /**
   * The new values of the keys that both sets wrote, or that the live set wrote since they were migrated. Changes
   * nothing, except that the overlay forgets what it had migrated of them.
   */
  #resolve(): ReadonlyMap<string, Entry | Absent> {
    const resolved = new Map<string, Entry | Absent>();
    const conflicts: string[] = [];
    for (const key of this.#changed) {
      const theirs = this.#host.shared.read(key);
      this.#overlay.forgetStale(key);
      if (this.#overlay.wrote(key)) {
        const original = this.#overlay.seen(key);
        if (Object.is(theirs, original)) continue;
        if (this.#view.declarations.get(key)?.options.merge) resolved.set(key, this.#merge(key, theirs, original));
        else conflicts.push(key);
      } else if (theirs !== absent && this.#mustMigrate(key, theirs)) {
        this.#checkDeclared(key, theirs);
        resolved.set(key, this.#migrated(key, theirs));
      }
    }
    if (conflicts.length > 0) throw conflictError(conflicts);
    return resolved;
  }

  #merge(key: string, theirs: Entry | Absent, original: Entry | Absent): Entry {
    const declared = this.#view.declarations.get(key);
    const merge = declared?.options.merge as ((...values: unknown[]) => unknown) | undefined;
    const value = (entry: Entry | Absent): unknown => (entry === absent ? undefined : this.#view.valueOf(key, entry));
    let merged: unknown;
    try {
      const values = [value(theirs), value(this.#overlay.read(key)), value(original)];
      merged = declared?.enter(() => merge?.(...values));
    } catch (error) {
      if (error instanceof HotswapError) throw error;
      const message = `merging the data-bag key ${JSON.stringify(key)} failed: ${describeError(error)}`;
      throw new HotswapError("HOTSWAP_MIGRATION_FAILED", message, { cause: error });
    }
    return this.#view.toEntry(key, merged);
  }

  #warnOfUnknownTypes(): void {
    const counts = new Map<string, number>();
    for (const { name, keys } of this.#host.shared.types()) {
      if (!this.#view.types.has(name)) counts.set(name, (counts.get(name) ?? 0) + keys);
    }
    for (const [name, keys] of counts) {
      this.#host.logger.warn(
        `${keys === 1 ? "1 key of the data bag holds" : `${keys} keys of the data bag hold`} instances of ${name}, which no plugin of the new set has as a live type; reading them will fail`,
      );
    }
  }

  #close(message: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#stopObserving();
    this.#changed.clear();
    this.#view.end("HOTSWAP_FREED", message);
    this.#host.forget(this.#view);
  }

  #checkOpen(): void {
    if (this.#state !== "open") throw new HotswapError("HOTSWAP_FREED", "the transaction of the data bag is over");
  }
}

function conflictError(keys: readonly string[]): HotswapError {
  const named = keys.map((key) => JSON.stringify(key)).join(", ");
  return new HotswapError(
    "HOTSWAP_MIGRATION_FAILED",
    `conflict over the data-bag ${keys.length === 1 ? "key" : "keys"} ${named}: the live set wrote what the new set wrote too while it was being prepared; ` +
      `reload again, or declare how to merge (dataBag.declare(key, { merge }))`,
  );
}

function asMigrationError(key: string, thrown: unknown): HotswapError {
  if (thrown instanceof HotswapError) return thrown;
  const message = `the data-bag key ${JSON.stringify(key)} could not be migrated: ${describeError(thrown)}`;
  return new HotswapError("HOTSWAP_MIGRATION_FAILED", message, { cause: thrown });
}
