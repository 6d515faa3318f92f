export { build } from "./build.ts";
export { BuildError, type Diagnostic, formatDiagnostic } from "./diagnostic.ts";
export { type Builder, createBuilder } from "./incremental/builder.ts";
export type { BuildOptions } from "./options.ts";
export type { BuildResult } from "./publish-build.ts";
export { buildStatic, type StaticBuildOptions, type StaticBuildResult } from "./static/build-static.ts";
export type { BuildStep, StepTimings } from "./stopwatch.ts";
