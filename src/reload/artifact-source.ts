import type { FoundArtifacts } from "../load/found-artifact.ts";

/** Where artifacts come from when they do not lie in the plugin folder: the builder of the development loop. */
export interface ArtifactSource {
  /**
   * Every plugin as it was built last. Waits for builds that are under way, and the first time until there is one of each
   * plugin. Rejects when {@link close} is called meanwhile.
   */
  find(): Promise<FoundArtifacts>;
  /** Resolves when everything that happened so far was told to the developer, to whether somebody listened. */
  told(): Promise<boolean>;
  close(): void | Promise<void>;
}
