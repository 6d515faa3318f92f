import { readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../frame/command.ts";

/** What is used of a `package.json`. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * How a new project names the hotswap that it depends on, so that it gets the one that runs now: a registry may know
 * another package of this name. A checkout is linked; an installed package is specified as it was for the project it
 * was installed for, with absolute paths; where that is not known, by its version.
 */
export function dependencyOn(packageDir: string): string {
  const real = realpathSync(packageDir);
  if (basename(dirname(real)) !== "node_modules") return linkTo(real);
  for (let folder = dirname(dirname(real)); ; folder = dirname(folder)) {
    const specifier = specifierIn(folder);
    if (specifier !== undefined) return specifier;
    if (folder === dirname(folder)) break;
  }
  const { version } = readManifest(real) ?? {};
  if (version === undefined) throw new UsageError(`${real} has no version: say with --link where hotswap is`);
  return version;
}

/** The dependency on a hotswap in a folder. Throws a {@link UsageError} when there is none. */
export function dependencyOnFolder(path: string): string {
  const dir = resolve(path);
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`--link ${path} is not a folder`);
  }
  const { name } = readManifest(dir) ?? {};
  if (name !== "hotswap")
    throw new UsageError(`there is no hotswap in --link ${path}: it has no package.json of that name`);
  return linkTo(realpathSync(dir));
}

/** The manifest in a folder; `undefined` when there is none that can be read. */
export function readManifest(dir: string): Manifest | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(dir, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null ? manifest : undefined;
  } catch {
    return undefined;
  }
}

function specifierIn(folder: string): string | undefined {
  const { dependencies, devDependencies, optionalDependencies } = readManifest(folder) ?? {};
  const specifier = dependencies?.["hotswap"] ?? devDependencies?.["hotswap"] ?? optionalDependencies?.["hotswap"];
  // What only the manager of a workspace can tell.
  if (specifier === undefined || /^(workspace|catalog):/.test(specifier)) return undefined;
  const [, protocol = "", path = ""] = /^(file:|link:)?(.*)$/.exec(specifier) ?? [];
  return isRelative(protocol, path) ? `${protocol}${slashes(resolve(folder, path))}` : specifier;
}

/** What is relative to the folder of its manifest: `../hotswap`, `link:./hotswap`, `file:hotswap.tgz`, `hotswap.tgz`. */
function isRelative(protocol: string, path: string): boolean {
  if (/^\.{1,2}(?:[/\\]|$)/.test(path)) return true;
  if (protocol === "file:") return !/^(?:[/\\]|[A-Za-z]:)/.test(path);
  return protocol === "" && /^[^:/\\]+\.t(?:ar\.)?gz$/.test(path);
}

function linkTo(dir: string): string {
  return `link:${slashes(dir)}`;
}

function slashes(path: string): string {
  return path.replaceAll("\\", "/");
}
