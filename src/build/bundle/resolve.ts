import { existsSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";

const extensions = [".tsx", ".jsx", ".ts", ".mts", ".mjs", ".js", ".cts", ".cjs", ".json"];

/** `path` lies in `folder` or is the folder itself. Both are absolute. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** The real path of the file that `specifier` names in a module of the folder `from`; `undefined` when there is none. */
export function resolveFile(specifier: string, from: string): string | undefined {
  const found = resolveByBun(specifier.replace(/\?.*$/, ""), from);
  return found === undefined ? undefined : realpathSync(found);
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

function resolveByHand(path: string): string | undefined {
  const candidates = [path, ...extensions.map((extension) => path + extension)];
  if (/\.[mc]?jsx?$/.test(path)) candidates.push(path.replace(/js(x?)$/, "ts$1"));
  candidates.push(...extensions.map((extension) => join(path, `index${extension}`)));
  return candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
}

/** The package that a bare specifier names: `@scope/name` of `@scope/name/path`. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
