import type { ReloadNote } from "../link/note.ts";
import type { FoundArtifact, FoundArtifacts } from "../load/found-artifact.ts";
import type { LivePlugin, LivePlugins } from "./live-plugins.ts";

/** What is to become of one plugin, and why. */
export interface Change {
  readonly name: string;
  readonly note: ReloadNote;
  readonly reason: string;
  /** The artifact to load, for `ok` and `relinked`. */
  readonly load?: FoundArtifact;
  /** The live plugin to keep, for `unchanged` and `not reloadable`. */
  readonly keep?: LivePlugin;
}

/**
 * What a reload is to do. Of thousands of plugins most are `unchanged`: they have no {@link Change} unless somebody asks for
 * {@link all}.
 */
export class Changes {
  /** What is not `unchanged`, by name in lower case, and sorted. */
  readonly notable: ReadonlyMap<string, Change>;
  readonly #live: LivePlugins;

  /** `notable` needs no order. */
  constructor(live: LivePlugins, notable: ReadonlyMap<string, Change>) {
    this.#live = live;
    this.notable = sortedByKey(notable);
  }

  /** Whether the set has plugins of the same names afterwards. */
  get keepsNames(): boolean {
    return Array.from(this.notable).every(([key, { note }]) => note !== "removed" && this.#live.has(key));
  }

  /** The artifacts to load, sorted by name. */
  get loads(): readonly FoundArtifact[] {
    return Array.from(this.notable.values()).flatMap(({ load }) => load ?? []);
  }

  /** The live plugins that stay, dependencies first. */
  get kept(): readonly LivePlugin[] {
    const leaving = new Set(this.leaving);
    return Array.from(this.#live.values()).filter((plugin) => !leaving.has(plugin));
  }

  /** The live plugins that go, or give way to another generation. */
  get leaving(): readonly LivePlugin[] {
    const changed = Array.from(this.notable).filter(([, { keep }]) => keep === undefined);
    return changed.flatMap(([key]) => this.#live.get(key) ?? []);
  }

  /** Every plugin, sorted by name. */
  get all(): readonly Change[] {
    const all = new Map(this.notable);
    for (const [key, keep] of this.#live) if (!all.has(key)) all.set(key, unchanged(keep));
    return Array.from(sortedByKey(all).values());
  }
}

/**
 * Compares what was found with what is live (SPEC 3.5). Nothing is loaded for it: what an artifact depends on is known
 * from its live generation, and an artifact without one is loaded in any case.
 */
export function findChanges(live: LivePlugins, found: FoundArtifacts): Changes {
  const notable = new Map<string, Change>();
  let added = 0;
  for (const [key, artifact] of found) {
    const plugin = live.get(key);
    if (plugin === undefined) added++;
    const change = changeOf(artifact, plugin);
    if (change !== undefined) notable.set(key, change);
  }
  if (found.size - added < live.size) {
    for (const [key, plugin] of live) if (!found.has(key)) notable.set(key, changeOfMissing(plugin));
  }
  relinkDependents(live, notable);
  return new Changes(live, notable);
}

/** `undefined` for a plugin that is unchanged. */
function changeOf(artifact: FoundArtifact, live: LivePlugin | undefined): Change | undefined {
  if (live === undefined) return { name: artifact.name, note: "ok", reason: "it is new", load: artifact };
  const { name, hash, isReloadable } = live.generation;
  if (!isReloadable) {
    return { name, note: "not reloadable", reason: "reloadable() of the live generation returned false", keep: live };
  }
  if (hash === artifact.hash) return undefined;
  return { name: artifact.name, note: "ok", reason: "its artifact changed", load: artifact };
}

function changeOfMissing(live: LivePlugin): Change {
  const { name, isReloadable } = live.generation;
  if (isReloadable) return { name, note: "removed", reason: "its artifact is gone" };
  return {
    name,
    note: "not reloadable",
    reason: "its artifact is gone, but reloadable() of the live generation returned false",
    keep: live,
  };
}

function unchanged(keep: LivePlugin): Change {
  return { name: keep.generation.name, note: "unchanged", reason: "its artifact has the same hash", keep };
}

/**
 * Marks every unchanged plugin that depends, directly or not, on one that is replaced, added or removed. One walk is
 * enough: dependencies come before their dependents, and what is added has to be loaded in any case.
 */
function relinkDependents(live: LivePlugins, notable: Map<string, Change>): void {
  const replaced = new Map(Array.from(notable).filter(([, { note }]) => note === "ok" || note === "removed"));
  if (replaced.size === 0) return;
  for (const [key, { generation, artifact, slots }] of live) {
    for (const slot of slots) {
      const cause = replaced.get(slot);
      if (cause === undefined || notable.has(key)) continue;
      const reason = `its dependency ${cause.name} is ${verbOf(cause.note)}`;
      const change: Change = { name: generation.name, note: "relinked", reason, load: artifact };
      notable.set(key, change);
      replaced.set(key, change);
    }
  }
}

function verbOf(note: ReloadNote): string {
  return note === "removed" ? "removed" : note === "relinked" ? "instantiated again" : "loaded anew";
}

function sortedByKey(changes: ReadonlyMap<string, Change>): ReadonlyMap<string, Change> {
  return new Map(Array.from(changes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
