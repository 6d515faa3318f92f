/**
 * Builds plugins from programs.
 *
 * @module hotswap/build
 */
export { build } from "./build.ts";
export { BuildError, type Diagnostic, formatDiagnostic } from "./diagnostic.ts";
export { type Builder, createBuilder, type MemoryBuilder } from "./builder.ts";
export type { BuildOptions } from "./options.ts";
export type { MemoryBuild } from "./memory-build.ts";
export type { ArtifactSizes, BuildResult, BundledModule } from "./emit/publish-build.ts";
export { buildStatic, type StaticBuildOptions, type StaticBuildResult } from "./emit/static/build-static.ts";
export type { BuildStep, StepTimings } from "./stopwatch.ts";
