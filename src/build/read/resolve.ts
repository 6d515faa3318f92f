import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";

const extensions = [".tsx", ".jsx", ".ts", ".mts", ".mjs", ".js", ".cts", ".cjs", ".json"];

/** `path` lies in `folder` or is the folder itself. Both are absolute and normal. */
export function isInside(path: string, folder: string): boolean {
  return (
    path.startsWith(folder) && (path.length === folder.length || path[folder.length] === sep || folder.endsWith(sep))
  );
}

/** The path lies in a package folder. */
export function isInPackage(path: string): boolean {
  return path.includes(`${sep}node_modules${sep}`);
}

/** How a manifest names a file of the host: `./g/registry.ts`, relative to the project's root. */
export function hostPath(root: string, file: string): string {
  const path = relative(root, file).replaceAll("\\", "/");
  return path.startsWith("../") ? path : `./${path}`;
}

/** How a module in `folder` imports `file`: `./lib/a.ts`, `../b.ts`. */
export function relativeSpecifier(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** The real path of the file that `specifier` names in a module of the folder `from`; `undefined` when there is none. */
export function resolveFile(specifier: string, from: string): string | undefined {
  return resolveByBun(specifier.replace(/\?.*$/, ""), from);
}

/** The folder whose `node_modules` has the package that a bare specifier names, seen from the folder `from`. */
export function installedIn(specifier: string, from: string): string | undefined {
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, "node_modules", name))) return dir;
    if (dir === dirname(dir)) return undefined;
  }
}

/**
 * Bun's resolver remembers folders for as long as the process lives: it names files that were deleted since, and does
 * not see folders that were made since. So its answer is checked, and a path is looked up once more by hand.
 */
function resolveByBun(specifier: string, from: string): string | undefined {
  try {
    const found = Bun.resolveSync(specifier, from);
    if (existsSync(found)) return found;
  } catch {
    // Not found, as far as Bun remembers.
  }
  return specifier.startsWith(".") || isAbsolute(specifier) ? resolveByHand(resolve(from, specifier)) : undefined;
}

/** The files that an import of `path` may name, the first that exists being the one. */
export function candidatesOf(path: string): string[] {
  const candidates = [path, ...extensions.map((extension) => path + extension)];
  if (/\.[mc]?jsx?$/.test(path)) candidates.push(path.replace(/js(x?)$/, "ts$1"));
  candidates.push(...extensions.map((extension) => join(path, `index${extension}`)));
  return candidates;
}

function resolveByHand(path: string): string | undefined {
  const found = candidatesOf(path).find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : realpathSync.native(found);
}
