import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { HotswapError } from "../../errors.ts";
import { requireRegular } from "../../regular-file.ts";
import { displayPath } from "../diagnostic.ts";
import { requirePlainNames } from "./plain-names.ts";

/** The files of a plugin's folder, without `node_modules` and whatever begins with a dot. */
export interface PluginFolder {
  /** Absolute path of the root module. */
  readonly rootModule: string;
  /** Absolute paths of the modules that can hold live things, sorted. */
  readonly modules: readonly string[];
  /** Files that are not code, sorted: paths relative to the folder, with forward slashes. */
  readonly otherFiles: readonly string[];
}

/** What a root module may be called; the first that exists is it. */
export const rootModuleNames = ["index.ts", "index.tsx", "index.mts", "index.js", "index.mjs", "index.jsx"] as const;

const code = /\.[mc]?[jt]sx?$/;
const declarations = /\.d\.[mc]?ts$/;
const tests = /(?:[._]test|[._]spec)\.[mc]?[jt]sx?$/;
const testFolder = "__tests__";

/** The file is one that the bundler treats as code. */
export function isCode(path: string): boolean {
  return code.test(path);
}

/** The root module of the plugin in `dir`, if there is one. */
export function findRootModule(dir: string): string | undefined {
  for (const name of rootModuleNames) {
    const path = join(dir, name);
    const stats = statsAt(path);
    // Whoever opened a pipe would wait for somebody to write into it.
    if (stats !== undefined) requireRegular(stats, path);
    if (stats !== undefined) return path;
  }
  return undefined;
}

/** Lists a plugin's folder. Throws HOTSWAP_BUILD_FAILED when it has no root module. */
export function readPluginFolder(dir: string): PluginFolder {
  const rootModule = findRootModule(dir);
  if (rootModule === undefined) {
    throw new HotswapError(
      "HOTSWAP_BUILD_FAILED",
      `${displayPath(dir)} is not a plugin: it has no root module; add an index.ts with \`export default definePlugin({ ... })\``,
      { plugin: basename(dir) },
    );
  }
  const modules: string[] = [];
  const otherFiles: string[] = [];
  const visit = (folder: string, isOfTests: boolean): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const { name } = entry;
      if (name.startsWith(".") || name === "node_modules") continue;
      const path = folder + sep + name;
      if (entry.isDirectory()) {
        requirePlainNames(name);
        visit(path, isOfTests || name === testFolder);
        continue;
      }
      if (!isCode(name)) {
        if (isFile(entry, path)) otherFiles.push(relative(dir, path).replaceAll(sep, "/"));
        continue;
      }
      if (!entry.isFile()) requireReadable(path);
      if (entry.isFile() && !isOfTests && !tests.test(name) && !declarations.test(name)) {
        requirePlainNames(name);
        // A link to a file of the plugin is that file, found under its own name; one that leads out is the host's.
        modules.push(path);
      }
    }
  };
  visit(dir, false);
  return { rootModule, modules: modules.toSorted(), otherFiles: otherFiles.toSorted() };
}

/** Throws HOTSWAP_NOT_A_FILE for what is named like a module, and would make the bundler wait. */
function requireReadable(path: string): void {
  const stats = statsAt(path);
  if (stats !== undefined && !stats.isDirectory()) requireRegular(stats, path);
}

/** Also `undefined` for a path that leads through a file. */
function statsAt(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
    throw error;
  }
}

function isFile(entry: Dirent, path: string): boolean {
  return entry.isFile() || (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}
