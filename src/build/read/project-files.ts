import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isInside } from "../../load/resolve.ts";
import { tsconfigBases } from "../compile/compiler-settings.ts";

/** What says how imports are resolved, in each folder from a plugin's to the project's root. */
export const projectFileNames = [
  "package.json",
  "tsconfig.json",
  "jsconfig.json",
  "bunfig.toml",
  "bun.lock",
  "node_modules",
] as const;

/** The files and folders that say how a plugin's imports are resolved, whether they are there or not. */
export function projectFiles(pluginDir: string, root: string): string[] {
  const found = new Set<string>();
  for (const dir of foldersUpTo(root, pluginDir)) {
    for (const name of projectFileNames) found.add(join(dir, name));
    for (const scope of scopesIn(join(dir, "node_modules"))) found.add(scope);
    addBases(join(dir, "tsconfig.json"), found);
  }
  return Array.from(found);
}

/** A name for the state that a file or folder is in. */
export function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? path : `${path} ${stats.size} ${stats.ctimeMs} ${stats.ino}`;
}

function addBases(tsconfig: string, found: Set<string>): void {
  if (!existsSync(tsconfig)) return;
  for (const base of tsconfigBases(tsconfig)) {
    if (found.has(base)) continue;
    found.add(base);
    addBases(base, found);
  }
}

function foldersUpTo(root: string, dir: string): string[] {
  const folders = [dir];
  for (let folder = dir; folder !== root && isInside(folder, root);) {
    folder = dirname(folder);
    folders.push(folder);
  }
  return folders;
}

/** Packages of a scope lie a folder deeper. */
function scopesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.startsWith("@"))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
