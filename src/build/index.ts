export { build, type BuildResult } from "./build.ts";
export { BuildError, type Diagnostic, formatDiagnostic } from "./diagnostic.ts";
export type { BuildOptions } from "./options.ts";
export { buildStatic, type StaticBuildOptions, type StaticBuildResult } from "./static/build-static.ts";
export type { BuildStep, StepTimings } from "./stopwatch.ts";
