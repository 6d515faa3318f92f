import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { HotswapError } from "../errors.ts";
import { nearest } from "../load/resolve.ts";
import { type BundlerFlags, translateBundlerFlags } from "./bundler-flags.ts";
import { requirePlainNames } from "./read/plain-names.ts";

/** What {@link build} takes: the command line's flags in camel case. */
export interface BuildOptions {
  /** The plugin's folder. */
  readonly pluginDir: string;
  /** Where the artifact goes; made when it does not exist. */
  readonly outputDir: string;
  /** Files to carry in addition to code: matched against paths relative to the plugin's folder. */
  readonly include?: string | RegExp | undefined;
  /** Files to leave out of the included ones. */
  readonly exclude?: string | RegExp | undefined;
  /**
   * `false` writes the code that the bundler would begin with, and stops.
   *
   * @default true
   */
  readonly bundle?: boolean | undefined;
  /**
   * Keep intermediate files, in a new folder that {@link BuildResult.temps} names.
   *
   * @default false
   */
  readonly leaveTemps?: boolean | undefined;
  /**
   * How the names of live functions and types begin, in any case.
   *
   * @default "live_"
   */
  readonly livePrefix?: string | undefined;
  /** Flags of Bun's bundler, as on its command line: `["--minify", "--define", "MARK=1"]`. */
  readonly buildFlags?: readonly string[] | undefined;
  /**
   * The project's root, from which modules of the host are named; the nearest folder with a `package.json`, from the
   * folder in which the plugin's folder lies upwards, unless set.
   */
  readonly root?: string | undefined;
  /**
   * Signs the artifact, so that hosts with `trust` load it. `key` is the file of an Ed25519 key (PKCS#8, PEM), or `env:` and the
   * name of an environment variable that holds one; the signature counts until `expires`, or for ever.
   */
  readonly sign?: { readonly key: string; readonly expires?: Date | undefined } | undefined;
  /** Called when the artifact is made and not yet published. What it throws ends the build, and nothing is published. */
  readonly beforePublish?: (() => void) | undefined;
}

/** {@link BuildOptions} checked and with every default filled in. */
export interface FilledOptions {
  /** Real path. */
  readonly pluginDir: string;
  /** The plugin's name. */
  readonly name: string;
  /** Absolute path. */
  readonly outputDir: string;
  readonly include: RegExp | undefined;
  readonly exclude: RegExp | undefined;
  readonly bundle: boolean;
  readonly leaveTemps: boolean;
  readonly livePrefix: string;
  /** Matches live names. */
  readonly isLive: RegExp;
  readonly bundler: BundlerFlags;
  /** Real path. */
  readonly root: string;
}

/** Throws HOTSWAP_BUILD_FAILED when an option cannot be used, whatever the plugin is. */
export function requireUsable(options: Omit<BuildOptions, "pluginDir">): void {
  const { livePrefix = "live_" } = options;
  if (livePrefix === "") throw failed("the live prefix is empty: every export would be live");
  if (!canBeginName(livePrefix)) {
    throw failed(`the live prefix "${livePrefix}" cannot begin a name`);
  }
  if (options.exclude !== undefined && options.include === undefined) {
    throw failed("--exclude has no effect without --include: it leaves out some of the included files");
  }
  if (options.bundle === false) {
    if (options.leaveTemps === true) throw failed("--leaveTemps has no effect with --bundle=false: there are none");
    const [flag] = options.buildFlags ?? [];
    if (flag !== undefined) throw failed(`${flag} has no effect with --bundle=false: the bundler is not started`);
  }
  if (statSync(resolve(options.outputDir), { throwIfNoEntry: false })?.isDirectory() === false) {
    throw failed(`the output folder ${options.outputDir} is a file`);
  }
  pattern(options.include, "include");
  pattern(options.exclude, "exclude");
  translateBundlerFlags(options.buildFlags ?? []);
}

/** Throws HOTSWAP_BUILD_FAILED when an option cannot be used. */
export function fillOptions(options: BuildOptions): FilledOptions {
  requireUsable(options);
  const { livePrefix = "live_" } = options;
  const given = resolve(options.pluginDir);
  const pluginDir = requireFolder(options.pluginDir, "plugin folder");
  const name = basename(given);
  if (name === "" || name.startsWith(".")) {
    throw failed(
      `"${name}" cannot be the name of a plugin: its folder ${given} must have a name without a dot at the beginning`,
    );
  }
  requirePlainNames(pluginDir);
  return {
    pluginDir,
    name,
    outputDir: resolve(options.outputDir),
    include: pattern(options.include, "include"),
    exclude: pattern(options.exclude, "exclude"),
    bundle: options.bundle ?? true,
    leaveTemps: options.leaveTemps ?? false,
    livePrefix,
    isLive: new RegExp(`^${RegExp.escape(livePrefix)}`, "i"),
    bundler: translateBundlerFlags(options.buildFlags ?? []),
    root: options.root === undefined ? projectRoot(dirname(pluginDir)) : requireFolder(options.root, "root"),
  };
}

/** The real path of an existing folder. Throws HOTSWAP_BUILD_FAILED when there is none. */
export function requireFolder(path: string, what: string): string {
  const stats = path === "" ? undefined : statSync(resolve(path), { throwIfNoEntry: false });
  if (stats === undefined) throw failed(`the ${what} ${path === "" ? '""' : path} does not exist`);
  if (!stats.isDirectory()) throw failed(`the ${what} ${path} is not a folder`);
  return realpathSync(resolve(path));
}

/** The real path of a folder that may still have to be made. Throws HOTSWAP_BUILD_FAILED when something else is there. */
export function folderToBe(path: string, what: string): string {
  const folder = resolve(path);
  if (path === "" || existsSync(folder)) return requireFolder(path, what);
  return join(folderToBe(dirname(folder), what), basename(folder));
}

/** Made only when it is needed: Unicode classes take longer to set up than everything else here. */
function canBeginName(text: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(text) || /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text);
}

function pattern(given: string | RegExp | undefined, flag: string): RegExp | undefined {
  if (given === undefined) return undefined;
  if (given === "") throw failed(`--${flag} is empty: it would match every file; write . for that`);
  try {
    // Without the flags under which test() remembers where it stopped.
    return given instanceof RegExp ? new RegExp(given.source, given.flags.replaceAll(/[gy]/g, "")) : new RegExp(given);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HotswapError("HOTSWAP_BUILD_FAILED", `--${flag} is not a regular expression: ${reason}`, { cause });
  }
}

/** The nearest folder with a `package.json`, from `dir` upwards. */
function projectRoot(dir: string): string {
  const root = nearest(dir, "package.json");
  if (root !== undefined) return root;
  throw failed(`there is no package.json in ${dir} or above it: the folder that has one is the project's root`);
}

function failed(message: string): HotswapError {
  return new HotswapError("HOTSWAP_BUILD_FAILED", message);
}
