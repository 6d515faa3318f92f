import { existsSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, parse, relative, resolve, sep } from "node:path";
import { OwnFolder } from "./copies/own-folder.ts";

/** The endings that an import may leave out, in the order in which Bun tries them. */
export const extensions = [".tsx", ".jsx", ".ts", ".mts", ".mjs", ".js", ".cts", ".cjs", ".json"];

/** `path` lies in `folder` or is the folder itself. Both are absolute and normal. */
export function isInside(path: string, folder: string): boolean {
  return (
    path.startsWith(folder) && (path.length === folder.length || path[folder.length] === sep || folder.endsWith(sep))
  );
}

/** The files that an import of `path` may name; the first that exists is meant. */
export function candidatesOf(path: string): string[] {
  const candidates = [path, ...extensions.map((extension) => path + extension)];
  if (/\.[mc]?jsx?$/.test(path)) candidates.push(path.replace(/js(x?)$/, "ts$1"));
  candidates.push(...extensions.map((extension) => join(path, `index${extension}`)));
  return candidates;
}

/** The specifier is a path, relative or absolute, or a URL of a file. */
export function isPath(specifier: string): boolean {
  return /^\.\.?(?:\/|$)/.test(specifier) || isAbsolute(specifier) || specifier.startsWith("file:");
}

/** The absolute path that a specifier for which {@link isPath} holds stands for in a module of the folder `from`. */
export function pathOf(specifier: string, from: string): string {
  return specifier.startsWith("file:") ? Bun.fileURLToPath(specifier) : resolve(from, specifier);
}

/** The folder whose `node_modules` has the package that a bare specifier names, seen from the folder `from`. */
export function installedIn(specifier: string, from: string): string | undefined {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  return nearest(from, join("node_modules", name));
}

/**
 * The absolute path, or the name of a module of Bun, that `specifier` means in the module `file`, as under `bun run`, but
 * nothing is ever installed for it. Throws what Bun throws when there is no such module.
 */
export function resolveImport(specifier: string, file: string): string {
  if (isBuiltin(specifier)) return specifier;
  requireNoInstall(specifier, file);
  const from = dirname(file);
  try {
    return resolveNow(isPath(specifier) ? pathOf(specifier, from) : specifier, from);
  } catch {
    // With the file in place of a folder nothing can be found, so the error names the specifier and the importer.
    return Bun.resolveSync(specifier, file);
  }
}

/**
 * A detour that leads to the root of the file system. For each path Bun remembers, as long as the process lives, what
 * it found or did not find; by a path with this detour it has not looked yet. Empty until something has to be
 * forgotten.
 */
let detour = "";
/** Where it lies. */
let folder: OwnFolder | undefined;
let detours = 0;

/** Folders in which answers of Bun itself, which its bundler goes by, may be out of date; and whether all of them, or only that a file is there. */
const forgotten = new Map<string, "everything" | "files">();

/**
 * Call it when imports in the folder `dir` may mean something else now: `everything` after packages were installed or
 * removed, or `tsconfig.json` or `package.json` changed; `files` after files were only removed. They are looked up
 * anew.
 */
export function forgetResolved(dir: string, what: "everything" | "files"): void {
  // What cannot be cleaned up is said by whoever makes copies.
  folder ??= new OwnFolder(tmpdir(), () => undefined, "resolve-");
  const before = detour;
  detour = join(folder.path, `${++detours}`);
  symlinkSync(parse(folder.path).root, detour, "junction");
  if (before !== "") rmSync(before);
  if (forgotten.get(dir) !== "everything") forgotten.set(dir, what);
}

/** How often something was forgotten: what was looked up before may mean something else. */
export function timesForgotten(): number {
  return detours;
}

/** What Bun's bundler may remember wrongly of `path`. */
export function whatIsForgotten(path: string): "everything" | "files" | undefined {
  const found = forgotten.entries().filter(([dir]) => isInside(path, dir));
  return found.reduce<"everything" | "files" | undefined>(
    (worst, [, what]) => (worst === "everything" ? worst : what),
    undefined,
  );
}

function resolveNow(specifier: string, from: string): string {
  if (detour === "") return Bun.resolveSync(specifier, from);
  const found = Bun.resolveSync(isAbsolute(specifier) ? byDetour(specifier) : specifier, byDetour(from));
  return isAbsolute(found) ? realpathSync.native(found) : found;
}

function byDetour(path: string): string {
  return join(detour, relative(parse(path).root, path));
}

/**
 * Bun installs a missing package when no folder above the importer has a `node_modules`. Throws the error that Bun
 * throws when one has.
 */
export function requireNoInstall(specifier: string, file: string): void {
  if (specifier.startsWith("#") || isBuiltin(specifier) || isPath(specifier)) return;
  if (/^[\w+.-]+:/.test(specifier) || nearest(dirname(file), "node_modules") !== undefined) return;
  throw Object.assign(new Error(`Cannot find package '${specifier}' imported from ${file}`), {
    code: "ERR_MODULE_NOT_FOUND",
  });
}

/** The specifier means Node.js's module `module`, whose `createRequire` takes the place of the caller. */
export function isModuleModule(specifier: string): boolean {
  return specifier === "node:module" || specifier === "module";
}

/** The folder, from `from` upwards, that has `name` in it. */
export function nearest(from: string, name: string): string | undefined {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, name))) return dir;
    if (dir === dirname(dir)) return undefined;
  }
}
