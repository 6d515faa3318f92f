import { statSync } from "node:fs";
import { UsageError } from "./frame/command.ts";
import { printError } from "./terminal/output.ts";

/**
 * The plugin folders among what a pattern like `plugin/*` leads to: files that lie beside them, such as shared types, are
 * named and left out. What was given alone is taken as it is. Throws a `UsageError` when nothing remains.
 */
export async function pluginFolders(given: readonly string[]): Promise<string[]> {
  if (given.length < 2) return [...given];
  const files = given.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  for (const file of files) await printError(`${file} is a file and no plugin folder: left out\n`);
  const folders = given.filter((path) => !files.includes(path));
  if (folders.length === 0) throw new UsageError("none of the given paths is a plugin folder");
  return folders;
}
