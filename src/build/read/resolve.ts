import { existsSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { candidatesOf, resolveImport } from "../../load/resolve.ts";

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

/**
 * Bun's resolver remembers folders for as long as the process lives: it names files that were deleted since, and does
 * not see folders that were made since. So its answer is checked, and a path is looked up once more by hand.
 */
function resolveByBun(specifier: string, from: string): string | undefined {
  try {
    const found = resolveImport(specifier, join(from, "importer"));
    if (existsSync(found)) return found;
  } catch {
    // Not found, as far as Bun remembers.
  }
  return specifier.startsWith(".") || isAbsolute(specifier) ? resolveByHand(resolve(from, specifier)) : undefined;
}

function resolveByHand(path: string): string | undefined {
  const found = candidatesOf(path).find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile());
  return found === undefined ? undefined : realpathSync.native(found);
}
