import { readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { findRootModule } from "../../build/read/plugin-folder.ts";
import { displayPath } from "../../build/diagnostic.ts";
import { type BuildOptions } from "../../build/index.ts";
import { fillOptions, requireUsable } from "../../build/options.ts";
import { HotswapError } from "../../errors.ts";

/** What every build takes. */
export type CommonBuildOptions = Omit<BuildOptions, "pluginDir">;

const MAGIC = /[*?[\]{}]/;

/** The folders of plugins that somebody named, one by one or by patterns like `plugin/*`. */
export class PluginFolders {
  readonly #given: readonly string[];

  /** Throws `HOTSWAP_BUILD_FAILED` for a pattern that cannot be followed. */
  constructor(given: readonly string[]) {
    for (const pattern of given) {
      if (!isPattern(pattern) || !pattern.split(/[\\/]/).includes("**")) continue;
      throw new HotswapError(
        "HOTSWAP_BUILD_FAILED",
        `${pattern} has **, which is not followed: name the folders above the plugins, as in plugin/* or packages/*/plugin`,
      );
    }
    this.#given = given;
  }

  /**
   * Throws `HOTSWAP_BUILD_FAILED` when a folder that was given by its name cannot be a plugin, when two plugins have one name, or
   * when the options cannot be used.
   */
  check(build: CommonBuildOptions): void {
    requireUsable(build);
    const named = this.#given.filter((given) => !isPattern(given));
    const byName = new Map<string, string>();
    for (const dir of new Set([...named.map((given) => resolve(given)), ...this.list().plugins])) {
      const name = basename(dir).toLowerCase();
      const other = byName.get(name);
      if (other !== undefined) throw oneName(other, dir);
      byName.set(name, dir);
    }
    for (const pluginDir of named) fillOptions({ ...build, pluginDir });
  }

  /**
   * The plugins' folders as they are now, sorted. Of what a pattern matches, only folders with a root module are plugins; a
   * folder that was given by its name is one in any case.
   */
  list(): { readonly plugins: readonly string[]; readonly watched: readonly string[] } {
    const plugins = new Set<string>();
    const watched = new Set<string>();
    for (const given of this.#given) {
      if (!isPattern(given)) {
        const dir = resolve(given);
        watched.add(dirname(dir));
        if (isFolder(dir)) plugins.add(dir);
        continue;
      }
      for (const dir of expand(given, watched)) {
        if (hasRootModule(dir)) plugins.add(dir);
        // Its root module may come.
        else watched.add(dir);
      }
    }
    return { plugins: Array.from(plugins).toSorted(), watched: Array.from(watched) };
  }
}

/** Two folders would become one artifact. */
export function oneName(dir: string, other: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_BUILD_FAILED",
    `${displayPath(dir)} and ${displayPath(other)} are plugins of one name: rename one of them`,
  );
}

/**
 * What a shell made of a pattern, as the pattern: where all folders that lie in one folder were given, those that come are
 * meant, too.
 */
export function patternsOf(given: readonly string[]): string[] {
  const byParent = Map.groupBy(given, (path) => (isPattern(path) ? "" : dirname(resolve(path))));
  return Array.from(byParent).flatMap(([parent, paths]) => {
    if (parent === "") return paths;
    const named = new Set(paths.map((path) => basename(resolve(path))));
    const all = foldersIn(parent);
    return all.length > 0 && all.every((name) => named.has(name)) && named.size === all.length
      ? [join(dirname(paths[0] ?? "."), "*")]
      : paths;
  });
}

function isPattern(path: string): boolean {
  return MAGIC.test(path) && !isFolder(path);
}

/** Adds to `watched` the folders in which what comes may match. */
function expand(pattern: string, watched: Set<string>): string[] {
  const segments = resolve(pattern).split(sep);
  let dirs = [`${segments.shift() ?? ""}${sep}`];
  for (const segment of segments) {
    // A folder may be called anything.
    if (!MAGIC.test(segment) || dirs.every((dir) => isFolder(join(dir, segment)))) {
      dirs = dirs.map((dir) => join(dir, segment));
      continue;
    }
    const glob = new Bun.Glob(segment);
    for (const dir of dirs) watched.add(dir);
    dirs = dirs.flatMap((dir) =>
      foldersIn(dir)
        .filter((name) => glob.match(name))
        .map((name) => join(dir, name)),
    );
  }
  return dirs.filter(isFolder);
}

function foldersIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter(
      (name) => !name.startsWith(".") && name !== "node_modules" && isFolder(join(dir, name)),
    );
  } catch {
    // It does not exist, or goes away; the watcher tells when it is back.
    return [];
  }
}

function hasRootModule(dir: string): boolean {
  try {
    return findRootModule(dir) !== undefined;
  } catch {
    // Something else than a file is named like one: the build says so.
    return true;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
