import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isCode } from "../build/read/plugin-folder.ts";
import { isInside } from "../load/resolve.ts";
import { FolderWatcher } from "../watch/folder-watcher.ts";

export interface HostFilesOptions {
  /** The folders of the plugins, whose files are not the host's. */
  readonly plugins: () => readonly string[];
  /** Called when files of the host differ from those that it started with, or no longer differ. */
  readonly onChange: (changed: readonly string[]) => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (error: unknown) => void;
}

/** In ms: a change is reported when the files have been quiet for this time, because people read it. */
const QUIET = 50;

/** When new watchers surely watch, in ms. */
const SETTLED = 100;

/** Of larger files that are no code, such as libraries of packages, the time is asked, not the content: to read them takes longer than all others. Bytes. */
const LARGEST = 2 ** 20;

/** Watches the host's own source, which only a restart can change: what it was started with, and what that imports. */
export class HostFiles implements Disposable {
  readonly #options: HostFilesOptions;
  /** What {@link stateOf} says of each file as it was when the host started, by path; `undefined` of one that was not there. */
  readonly #started = new Map<string, number | bigint | string | undefined>();
  readonly #watchers = new Map<string, FolderWatcher>();
  #reported = "";
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: HostFilesOptions) {
    this.#options = options;
  }

  /** Follows these files and what they import. What was saved after `since` (ms since 1970) is taken for changed. */
  async add(starts: readonly string[], since: number): Promise<void> {
    const { closure } = await import("./host-imports.ts");
    if (!this.#closed) this.#know([...closure(starts, this.#isPlugin())], since);
  }

  /** The same of what the host says that it has loaded. */
  addLoaded(files: readonly string[], since: number): void {
    const isPlugin = this.#isPlugin();
    this.#know(
      files.filter((file) => !isPlugin(file)),
      since,
    );
  }

  /** Whether a file belongs to a plugin. The folders are listed once for many files. */
  #isPlugin(): (file: string) => boolean {
    const folders = this.#options.plugins();
    return (file) => folders.some((dir) => isInside(file, dir));
  }

  /** What is known already keeps the content that it had when the host started. */
  #know(files: readonly string[], since: number): void {
    const unknown = files.filter((file) => !this.#started.has(file));
    for (const file of unknown) {
      // The state first: what is written in between is news.
      const state = stateOf(file);
      const isNews = (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > since;
      this.#started.set(file, isNews ? undefined : state);
      this.#watchFolder(dirname(file));
    }
    // Nobody watched them before, and the system may start to watch a moment later than it says.
    if (unknown.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#compare(), SETTLED);
  }

  get files(): readonly string[] {
    return Array.from(this.#started.keys());
  }

  /** The folders in which the files lie. */
  get folders(): readonly string[] {
    return Array.from(this.#watchers.keys());
  }

  /** The host is started anew with the files as they are now. */
  restarted(): void {
    const files = Array.from(this.#started.keys());
    this.#started.clear();
    this.#reported = "";
    clearTimeout(this.#timer);
    this.#know(
      files.filter((file) => isSetting(file) || existsSync(file)),
      Infinity,
    );
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watchFolder(dir: string): void {
    if (this.#watchers.has(dir)) return;
    const watcher = new FolderWatcher(dir, {
      recursive: false,
      persistent: true,
      onChange: (path) => {
        if (path !== undefined && !this.#started.has(path)) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#compare(), QUIET);
      },
      onError: this.#options.onError,
    });
    this.#watchers.set(dir, watcher);
  }

  #compare(): void {
    const changed = Array.from(this.#started)
      .filter(([file, before]) => {
        const now = stateOf(file);
        // A module that is gone may be about to come back, and a host could not start without it.
        return now !== before && (now !== undefined || isSetting(file));
      })
      .map(([file]) => file);
    const report = changed.join("\n");
    if (report === this.#reported) return;
    this.#reported = report;
    this.#options.onChange(changed);
  }
}

/** The files that set the environment of what is started in a folder, whether they are there or not. */
export function environmentFiles(cwd: string): string[] {
  const mode = process.env["NODE_ENV"] ?? "development";
  return [".env", ".env.local", `.env.${mode}`, `.env.${mode}.local`, "bunfig.toml"].map((name) => join(cwd, name));
}

/**
 * The environment without what Bun has taken from `.env` files for us: the host takes it from there itself, as it is when the host
 * starts.
 */
export function environmentBeside(files: readonly string[]): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const file of files.filter((path) => basename(path).startsWith(".env") && existsSync(path))) {
    // Loaded when it is needed: it takes as long as a small build.
    const { parseEnv } = process.getBuiltinModule("node:util");
    for (const [name, value] of Object.entries(parseEnv(readFileSync(file, "utf8")))) {
      if (env[name] === value) delete env[name];
    }
  }
  return env;
}

function isSetting(file: string): boolean {
  return /^(?:\.env|bunfig\.toml$)/.test(basename(file));
}

/** The files that a command line names: `bun src/host.ts` names one. */
export function filesNamedBy(command: readonly string[], cwd: string): string[] {
  return command
    .map((word) => resolve(cwd, word))
    .filter((path) => isCode(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** A file as it is now: what is in it, and of what is large and no code, when it was written. */
function stateOf(file: string): number | bigint | string | undefined {
  try {
    const { size, mtimeMs, ino } = statSync(file);
    return size > LARGEST && !isCode(file) ? `${size} ${mtimeMs} ${ino}` : Bun.hash(readFileSync(file));
  } catch {
    return undefined;
  }
}
