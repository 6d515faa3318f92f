import { basename, resolve } from "node:path";
import type { BuildOptions } from "../../src/build/index.ts";
import { UsageError } from "../frame/command.ts";

/** What each build takes from the command line. */
export type CommonBuildOptions = Omit<BuildOptions, "pluginDir">;

/** One set of options for each plugin folder. Throws a {@link UsageError} when two of them would become one artifact. */
export function buildsOf(pluginDirs: readonly string[], common: CommonBuildOptions): BuildOptions[] {
  const byName = new Map<string, string>();
  for (const dir of pluginDirs) {
    const name = basename(resolve(dir)).toLowerCase();
    const other = byName.get(name);
    if (other !== undefined) throw new UsageError(`${other} and ${dir} are plugins of one name: build one of them`);
    byName.set(name, dir);
  }
  return pluginDirs.map((pluginDir) => ({ ...common, pluginDir }));
}

/** Resolves to the exit code when the process is asked to end; `end` asks for it from within. */
export function untilAsked(): { readonly asked: Promise<number>; readonly end: (exitCode: number) => void } {
  const { promise, resolve: end } = Promise.withResolvers<number>();
  process.once("SIGINT", () => end(130));
  process.once("SIGTERM", () => end(143));
  process.once("SIGHUP", () => end(129));
  return { asked: promise, end };
}
