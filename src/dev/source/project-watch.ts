import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { projectFiles } from "../../build/read/project-files.ts";
import { isInPackage } from "../../build/read/resolve.ts";
import { FolderWatcher } from "../../watch/folder-watcher.ts";

export interface ProjectWatchOptions {
  /** Keep the process running. */
  readonly persistent: boolean;
  /** Called when imports may mean something else than before, or when a file outside of its plugin's folder changed. */
  readonly onChange: () => void;
  /** Called when everything that happened was looked at. */
  readonly onIdle: () => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (what: string, error: unknown) => void;
}

/** In ms: changes within this time are looked at together, such as those of a package manager. */
const QUIET = 25;

/** When a new watcher surely watches, in ms. */
const SETTLED = [100, 500];

/**
 * How many of the packages that were installed last are watched as a whole: their files may come later than their
 * folders.
 */
const MOST_PACKAGES = 20;

const SETTINGS = /^(?:package|[jt]sconfig(?:\..+)?)\.json$/;

/**
 * Watches what plugins' builds depend on outside of their folders: `package.json`, `tsconfig.json` with what it extends, the lock
 * file, what is installed, and macros.
 */
export class ProjectWatch implements Disposable {
  readonly #options: ProjectWatchOptions;
  readonly #watchers = new Map<string, FolderWatcher>();
  /** Of packages, the newest last. */
  readonly #packages = new Map<string, FolderWatcher>();
  #plugins: readonly { readonly dir: string; readonly root: string }[] = [];
  /** Files that went into builds, by plugin. */
  readonly #inputs = new Map<string, readonly string[]>();
  /** What is watched, by path, with its state when it was looked at. */
  #files: ReadonlyMap<string, string> = new Map();
  #timer: Timer | undefined;
  /** A package changed, whose state is not looked at. */
  #certain = false;

  constructor(options: ProjectWatchOptions) {
    this.#options = options;
  }

  /** Something happened that was not looked at yet. */
  get busy(): boolean {
    return this.#timer !== undefined;
  }

  /** Files of the project that have to be readable, whether they are there or not. */
  get settings(): readonly string[] {
    return Array.from(this.#files.keys()).filter((file) => !isInPackage(file) && SETTINGS.test(basename(file)));
  }

  /** Watches for these plugins from now on. Real paths. */
  follow(plugins: readonly { readonly dir: string; readonly root: string }[]): void {
    this.#plugins = plugins;
    const folders = new Set(plugins.map(({ dir }) => dir));
    for (const dir of this.#inputs.keys()) if (!folders.has(dir)) this.#inputs.delete(dir);
    if (this.#look()) this.#noticed(true);
  }

  /** Watches these files, too, that went into the build of the plugin in `dir`. */
  use(dir: string, files: readonly string[]): void {
    if ((this.#inputs.get(dir) ?? []).join("\n") === files.join("\n")) return;
    this.#inputs.set(dir, files);
    if (this.#look()) this.#noticed(true);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of [...this.#watchers.values(), ...this.#packages.values()]) watcher.close();
    this.#packages.clear();
  }

  /** Finds out what is to be watched. Returns whether something changed of what was watched before, or before it was watched. */
  #look(): boolean {
    const before = this.#files;
    const own = this.#plugins.flatMap(({ dir, root }) => projectFiles(dir, root));
    const files = new Set([...own, ...Array.from(this.#inputs.values()).flat()]);
    const folders = new Set(Array.from(files, (file) => dirname(file)));
    for (const file of own) if (isPackageFolder(file) && existsSync(file)) folders.add(file);
    for (const [dir, watcher] of this.#watchers) {
      if (folders.has(dir)) continue;
      watcher.close();
      this.#watchers.delete(dir);
    }
    for (const dir of folders) if (!this.#watchers.has(dir)) this.#watchers.set(dir, this.#watch(dir, false));
    // One look at each file: what changes between two would be news to nobody.
    this.#files = new Map(Array.from(files, (file) => [file, stateOf(file)]));
    const isEdited = Array.from(before).some(([file, state]) => (this.#files.get(file) ?? stateOf(file)) !== state);
    return isEdited || Array.from(files).some((file) => !before.has(file) && isMisread(file));
  }

  #watch(dir: string, recursive: boolean): FolderWatcher {
    const { persistent, onError } = this.#options;
    return new FolderWatcher(dir, {
      recursive,
      persistent,
      onChange: (path) => {
        if (recursive) this.#noticed(true);
        else if (path === undefined || this.#files.has(path)) this.#noticed(false);
        else if (isPackageFolder(dir) && !basename(path).startsWith(".")) this.#packageChanged(path);
      },
      onError: (error) => onError(`${dir} cannot be watched`, error),
    });
  }

  #packageChanged(path: string): void {
    this.#packages.get(path)?.close();
    this.#packages.delete(path);
    if (existsSync(path)) {
      this.#packages.set(path, this.#watch(path, true));
      // The system may not watch yet when it says so.
      for (const wait of SETTLED) setTimeout(() => this.#packages.has(path) && this.#noticed(true), wait).unref();
    }
    const [oldest] = this.#packages;
    if (this.#packages.size > MOST_PACKAGES && oldest !== undefined) {
      oldest[1].close();
      this.#packages.delete(oldest[0]);
    }
    this.#noticed(true);
  }

  #noticed(certain: boolean): void {
    this.#certain ||= certain;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#compare(), QUIET);
    if (!this.#options.persistent) this.#timer.unref();
  }

  #compare(): void {
    this.#timer = undefined;
    const certain = this.#certain;
    this.#certain = false;
    if (this.#look() || certain) this.#options.onChange();
    this.#options.onIdle();
  }
}

/** Bun reads such files when a program starts, before anybody watches them, and keeps what they said then. */
function isMisread(file: string): boolean {
  if (!file.endsWith(".json")) return false;
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > performance.timeOrigin;
}

function isPackageFolder(path: string): boolean {
  return basename(path) === "node_modules" || basename(dirname(path)) === "node_modules";
}

/** Tells the content of a file, or the names in a folder. */
function stateOf(path: string): string {
  try {
    return statSync(path).isDirectory()
      ? readdirSync(path)
          .filter((name) => !name.startsWith("."))
          .toSorted()
          .join()
      : String(Bun.hash(readFileSync(path)));
  } catch {
    return "";
  }
}

/** The files that lie outside of a plugin's folder and its packages. */
export function outside(files: readonly string[], dir: string): string[] {
  return files.filter((file) => !file.startsWith(join(dir, "/"))).toSorted();
}
