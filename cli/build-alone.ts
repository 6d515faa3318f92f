import { runCommandLine } from "./frame/run.ts";

/** Runs a command line that begins with `build`; resolves to the exit code. `bun run pack-build` bundles this module. */
export async function runBuild(words: readonly string[]): Promise<number> {
  const build = { summary: "", load: async () => (await import("./build.ts")).buildCommand };
  return runCommandLine({ build }, words);
}
