import { existsSync, type FSWatcher, readFileSync, statSync, watch } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import type { JavaScriptLoader } from "bun";
import { isInPackage, resolveFile } from "../build/read/resolve.ts";

export interface HostFilesOptions {
  /** Whether a file belongs to a plugin. */
  readonly isPlugin: (file: string) => boolean;
  /** Called when files of the host are no longer, or again, what they were when it started. */
  readonly onChange: (changed: readonly string[]) => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (error: unknown) => void;
}

/** A change is reported when the files have been quiet for this time, in ms: it is news for people. */
const QUIET = 50;

const loaders: Readonly<Record<string, JavaScriptLoader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "jsx",
  ".cjs": "jsx",
  ".jsx": "jsx",
};

/** Watches the host's own source, which only a restart can change: what it was started with, and what that imports. */
export class HostFiles implements Disposable {
  readonly #options: HostFilesOptions;
  /** Contents when the host started, by path; the hash of a file that was not there is `undefined`. */
  readonly #started = new Map<string, number | bigint | undefined>();
  readonly #watchers = new Map<string, FSWatcher>();
  #reported = "";
  #timer: Timer | undefined;

  constructor(options: HostFilesOptions) {
    this.#options = options;
  }

  /** Follows these files and what they import. What is known already keeps the content that it had when the host started. */
  add(starts: Iterable<string>): void {
    const unknown = Array.from(starts).filter((file) => !this.#started.has(file));
    for (const file of closure(unknown, this.#options.isPlugin)) {
      if (this.#started.has(file)) continue;
      this.#started.set(file, contentHash(file));
      this.#watchFolder(dirname(file));
    }
  }

  /** The folders in which the files lie. */
  get folders(): Iterable<string> {
    return this.#watchers.keys();
  }

  /** The host is started anew with the files as they are now. */
  restarted(): void {
    const files = Array.from(this.#started.keys());
    this.#started.clear();
    this.#reported = "";
    clearTimeout(this.#timer);
    this.add(files.filter((file) => existsSync(file)));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watchFolder(dir: string): void {
    if (this.#watchers.has(dir)) return;
    try {
      const watcher = watch(dir, (_, name) => {
        if (name !== null && !this.#started.has(join(dir, name))) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#compare(), QUIET);
      });
      this.#watchers.set(dir, watcher.on("error", this.#options.onError));
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #compare(): void {
    const changed = Array.from(this.#started)
      .filter(([file, hash]) => contentHash(file) !== hash)
      .map(([file]) => file);
    const report = changed.join("\n");
    if (report === this.#reported) return;
    this.#reported = report;
    this.#options.onChange(changed);
  }
}

/** The files that a command line names: `bun src/host.ts` names one. */
export function filesNamedBy(command: readonly string[], cwd: string): string[] {
  return command
    .map((word) => resolve(cwd, word))
    .filter((path) => extname(path) in loaders && statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

/** The files, and whatever they import that belongs to neither a package nor a plugin. */
function closure(starts: Iterable<string>, isPlugin: (file: string) => boolean): Set<string> {
  const found = new Set<string>();
  const left = Array.from(starts);
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const imported of importsOf(file)) {
      if (!isInPackage(imported) && !isPlugin(imported)) left.push(imported);
    }
  }
  return found;
}

function importsOf(file: string): string[] {
  const loader = loaders[extname(file)];
  if (loader === undefined) return [];
  try {
    const imports = new Bun.Transpiler({ loader }).scanImports(readFileSync(file));
    return imports.flatMap(({ path }) => (isBuiltin(path) ? [] : (resolveFile(path, dirname(file)) ?? [])));
  } catch {
    // It is being written, or wrong: whoever runs it says so.
    return [];
  }
}

function contentHash(file: string): number | bigint | undefined {
  try {
    return Bun.hash(readFileSync(file));
  } catch {
    return undefined;
  }
}
