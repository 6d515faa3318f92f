import { basename, resolve } from "node:path";
import { UsageError } from "../frame/command.ts";

/** Throws a {@link UsageError} when two of the folders would become one artifact. */
export function requireOwnNames(pluginDirs: readonly string[]): void {
  const byName = new Map<string, string>();
  for (const dir of pluginDirs) {
    const name = basename(resolve(dir)).toLowerCase();
    const other = byName.get(name);
    if (other !== undefined) throw new UsageError(`${other} and ${dir} are plugins of one name: build one of them`);
    byName.set(name, dir);
  }
}

/** Resolves to the exit code when the process is asked to end; `end` asks for it from within. */
export function untilAsked(): { readonly asked: Promise<number>; readonly end: (exitCode: number) => void } {
  const { promise, resolve: end } = Promise.withResolvers<number>();
  process.once("SIGINT", () => end(130));
  process.once("SIGTERM", () => end(143));
  process.once("SIGHUP", () => end(129));
  return { asked: promise, end };
}
