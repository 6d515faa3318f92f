export { build, type BuildResult } from "./build.ts";
export { BuildError, type Diagnostic } from "./diagnostic.ts";
export type { BuildOptions } from "./options.ts";
