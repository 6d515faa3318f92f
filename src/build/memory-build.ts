import type { FoundArtifact } from "../load/found-artifact.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { BundledModule } from "./emit/publish-build.ts";

/** A plugin that was built for a host in the same process. */
export interface MemoryBuild {
  /** As a scan of the output folder would find it, if it were written there. */
  readonly artifact: FoundArtifact;
  /** Absolute paths of the files that it was made of, as far as they are known. */
  readonly files: readonly string[];
  readonly warnings: readonly Diagnostic[];
  /** What was given to the bundler, and why. */
  readonly bundled: readonly BundledModule[];
}
