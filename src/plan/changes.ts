import type { ReloadNote } from "../link/note.ts";
import type { FoundArtifact, FoundArtifacts } from "../load/scan.ts";
import type { Generation } from "../generation/generation.ts";

/** What is known of a live plugin when a reload is decided. */
export interface LivePlugin {
  readonly generation: Generation;
  readonly artifact: FoundArtifact;
  /** Names of all its slots, filled or not, in lower case. */
  readonly slots: readonly string[];
}

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
 * Compares what was found with what is live (SPEC 3.5). Nothing is loaded for it: what an artifact depends on is known
 * from its live generation, and an artifact without one is loaded in any case. Keys are names in lower case, and sorted.
 */
export function findChanges(live: ReadonlyMap<string, LivePlugin>, found: FoundArtifacts): Map<string, Change> {
  const changes = new Map<string, Change>();
  for (const [key, artifact] of found) changes.set(key, changeOf(artifact, live.get(key)));
  for (const [key, plugin] of live) {
    if (!found.has(key)) changes.set(key, changeOfMissing(plugin));
  }
  relinkDependents(live, changes);
  return new Map(Array.from(changes).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function changeOf(artifact: FoundArtifact, live: LivePlugin | undefined): Change {
  const { name } = artifact;
  if (live === undefined) return { name, note: "ok", reason: "it is new", load: artifact };
  if (!live.generation.isReloadable) {
    const reason = "reloadable() of the live generation answered false";
    return { name, note: "not reloadable", reason, keep: live };
  }
  if (live.generation.hash === artifact.hash) {
    return { name, note: "unchanged", reason: "its artifact has the same hash", keep: live };
  }
  return { name, note: "ok", reason: "its artifact changed", load: artifact };
}

function changeOfMissing(live: LivePlugin): Change {
  const { name, isReloadable } = live.generation;
  if (isReloadable) return { name, note: "removed", reason: "its artifact is gone" };
  return {
    name,
    note: "not reloadable",
    reason: "its artifact is gone, but reloadable() of the live generation answered false",
    keep: live,
  };
}

/** Marks every unchanged plugin that depends, directly or not, on one that is replaced, added or removed. */
function relinkDependents(live: ReadonlyMap<string, LivePlugin>, changes: Map<string, Change>): void {
  const dependents = new Map<string, string[]>();
  for (const [key, { slots }] of live) {
    for (const slot of slots) {
      const known = dependents.get(slot);
      if (known === undefined) dependents.set(slot, [key]);
      else known.push(key);
    }
  }
  const replaced = Array.from(changes)
    .filter(([, { note }]) => note === "ok" || note === "removed")
    .map(([key]) => key);
  for (let key = replaced.pop(); key !== undefined; key = replaced.pop()) {
    const cause = changes.get(key);
    for (const dependent of dependents.get(key) ?? []) {
      const change = changes.get(dependent);
      if (change?.note !== "unchanged" || change.keep === undefined) continue;
      const { name, keep } = change;
      const reason = `its dependency ${cause?.name} is ${verbOf(cause?.note)}`;
      changes.set(dependent, { name, note: "relinked", reason, load: keep.artifact });
      replaced.push(dependent);
    }
  }
}

function verbOf(note: ReloadNote | undefined): string {
  return note === "removed" ? "removed" : note === "relinked" ? "instantiated again" : "loaded anew";
}
