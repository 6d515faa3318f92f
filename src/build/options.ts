import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { HotswapError } from "../errors.ts";

/** What {@link build} takes: the command line's flags in camel case. */
export interface BuildOptions {
  /** The plugin's folder. */
  readonly pluginDir: string;
  /** Where the artifact goes; made when it does not exist. */
  readonly outputDir: string;
  /**
   * The project's root, from which host modules are named; the nearest folder with a `package.json` at or above the
   * folder in which the plugin's folder lies, unless set.
   */
  readonly root?: string | undefined;
}

/** {@link BuildOptions} checked and with every default filled in. */
export interface FilledOptions {
  /** Real path. */
  readonly pluginDir: string;
  readonly name: string;
  readonly outputDir: string;
  /** Real path. */
  readonly root: string;
}

/** Throws HOTSWAP_BUILD_FAILED when an option cannot be used. */
export function fillOptions(options: BuildOptions): FilledOptions {
  const given = resolve(options.pluginDir);
  const name = basename(given);
  if (!statSync(given, { throwIfNoEntry: false })?.isDirectory()) {
    throw new HotswapError("HOTSWAP_BUILD_FAILED", `the plugin folder ${options.pluginDir} does not exist`);
  }
  const pluginDir = realpathSync(given);
  return {
    pluginDir,
    name,
    outputDir: resolve(options.outputDir),
    root: options.root === undefined ? projectRoot(dirname(pluginDir)) : realpathSync(resolve(options.root)),
  };
}

/** The nearest folder with a `package.json`, from `dir` upwards. */
function projectRoot(dir: string): string {
  for (let folder = dir; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) {
      throw new HotswapError(
        "HOTSWAP_BUILD_FAILED",
        `there is no package.json in ${dir} or above it; the folder that has one is the project's root`,
      );
    }
  }
}
