import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AssetEntry } from "../../artifact/manifest.ts";
import type { FilledOptions } from "../options.ts";
import { requirePlainNames } from "./plain-names.ts";
import type { PluginFolder } from "./plugin-folder.ts";

/** A file that an artifact carries. */
export interface CarriedFile {
  readonly entry: AssetEntry;
  readonly bytes: Uint8Array;
}

/** Reads the files that `--include` names and `--exclude` does not, sorted by path. */
export function readCarriedFiles(options: FilledOptions, folder: PluginFolder): CarriedFile[] {
  return carriedPaths(options, folder).map((path) => {
    const bytes = readFileSync(join(options.pluginDir, path));
    return { entry: { path, size: bytes.length }, bytes };
  });
}

/** The paths of the carried files, relative to the plugin's folder. */
export function carriedPaths({ include, exclude }: FilledOptions, { otherFiles }: PluginFolder): string[] {
  if (include === undefined) return [];
  const paths = otherFiles.filter((path) => include.test(path) && exclude?.test(path) !== true);
  for (const path of paths) requirePlainNames(path);
  return paths;
}
