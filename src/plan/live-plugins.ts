import type { Generation } from "../generation/generation.ts";
import type { FoundArtifact } from "../load/found-artifact.ts";

/** What is known of a live plugin when a reload is decided. */
export interface LivePlugin {
  readonly generation: Generation;
  readonly artifact: FoundArtifact;
  /** Names of all its slots, filled or not, in lower case. */
  readonly slots: readonly string[];
}

/** The live plugins by name in lower case, dependencies first. */
export type LivePlugins = ReadonlyMap<string, LivePlugin>;
