import type { Generation } from "../generation/generation.ts";
import type { LinkedGraph } from "../link/link.ts";
import { verifiedArtifact } from "../load/scan.ts";
import type { FoundArtifact, FoundArtifacts } from "../load/found-artifact.ts";
import type { Changes } from "./changes.ts";
import type { LivePlugin, LivePlugins } from "./live-plugins.ts";

/** A set that takes the place of the live one. */
interface NextSet {
  readonly graph: LinkedGraph<Generation>;
  /** What was loaded for it. */
  readonly fresh: readonly Generation[];
}

/** What is live once the next set is; `graph` is that of the set that is live now. */
export function nextLive(
  live: LivePlugins,
  graph: LinkedGraph<Generation> | undefined,
  next: NextSet,
  changes: Changes,
): LivePlugins {
  // A copy of a map keeps its order, and costs next to nothing.
  const isSameShape = graph?.shape === next.graph.shape;
  const plugins = new Map(isSameShape ? live : []);
  for (const generation of isSameShape ? next.fresh : next.graph.order) {
    const key = generation.name.toLowerCase();
    const kept = live.get(key);
    const load = changes.notable.get(key)?.load;
    if (kept?.generation === generation) plugins.set(key, kept);
    else if (load !== undefined) plugins.set(key, livePlugin(generation, load));
  }
  return plugins;
}

function livePlugin(generation: Generation, artifact: FoundArtifact): LivePlugin {
  const slots = Array.from(generation.slots.keys(), (slot) => slot.toLowerCase());
  const { file, hash, manifest } = artifact;
  // Without its bytes, if a file has them.
  return {
    generation,
    artifact: artifact.isInMemory === true ? artifact : verifiedArtifact(file, hash, manifest),
    slots,
  };
}

/**
 * What a reload changed, so that it can be undone: the artifacts that were live before, by the plugin's name in lower
 * case; `undefined` for a plugin that was not there.
 */
export type Step = ReadonlyMap<string, FoundArtifact | undefined>;

/** The step from the live plugins to what `changes` makes of them. */
export function stepFrom(live: LivePlugins, changes: Changes): Step {
  const step = new Map<string, FoundArtifact | undefined>();
  for (const [key, { note }] of changes.notable) {
    if (note === "ok" || note === "removed") step.set(key, live.get(key)?.artifact);
  }
  return step;
}

/** The artifacts of the plugins that were live before `step` led to those that are live now. */
export function artifactsBefore(step: Step, live: LivePlugins): FoundArtifacts {
  const artifacts = new Map(Array.from(live, ([key, { artifact }]) => [key, artifact]));
  for (const [key, artifact] of step) {
    if (artifact === undefined) artifacts.delete(key);
    else artifacts.set(key, artifact);
  }
  return artifacts;
}
