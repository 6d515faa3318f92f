import { type FSWatcher, watch } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

export interface FolderWatcherOptions {
  /** Watch what lies in sub-folders, too. */
  readonly recursive: boolean;
  /** Keep the process running. */
  readonly persistent: boolean;
  /** Called with the path of what changed, or without one when anything may have changed. Comes more than once for one write. */
  readonly onChange: (path: string | undefined) => void;
  /** Called when the operating system refuses to watch. */
  readonly onError: (error: unknown) => void;
}

/**
 * Bun keeps an event to itself that is like the one before, of the same file, and comes within 2 ms of it (measured with
 * 1.4.5): a write right after one that was reported is not reported. So every event is repeated after this time, in ms.
 */
const ECHO = 5;

/**
 * Watches a folder by its path: also when it appears later, is deleted and made anew, or is replaced by another one, be it
 * by a rename or by a link that leads elsewhere from now on. Says only that something happened; what it was, is to be looked
 * at. Events come without delay.
 */
export class FolderWatcher implements Disposable {
  /** Absolute path. */
  readonly dir: string;
  readonly #options: FolderWatcherOptions;
  #watchers: FSWatcher[] = [];
  /** What is reported once more, with the end of the wait. */
  readonly #echoes = new Map<string, Timer>();

  constructor(dir: string, options: FolderWatcherOptions) {
    this.dir = resolve(dir);
    this.#options = options;
    this.#follow();
  }

  close(): void {
    this.#closeAll();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Watches the folder that the path leads to now, and every folder above: each tells when the next one is replaced. */
  #follow(): void {
    this.#closeAll();
    // From the top down: what is made or replaced meanwhile, is noticed by the watcher above it.
    for (const child of wayTo(this.dir)) {
      const step = basename(child);
      this.#watch(dirname(child), false, (name) => {
        if (name !== undefined && name !== step) return;
        this.#follow();
        this.#options.onChange(undefined);
      });
    }
    this.#watch(this.dir, this.#options.recursive, (name) => {
      // The folder tells of its own removal, too, under its own name or none.
      if (name === undefined) this.#options.onChange(undefined);
      else this.#changed(join(this.dir, name));
    });
  }

  #changed(path: string): void {
    this.#options.onChange(path);
    clearTimeout(this.#echoes.get(path));
    const echo = setTimeout(() => {
      this.#echoes.delete(path);
      this.#options.onChange(path);
    }, ECHO);
    if (!this.#options.persistent) echo.unref();
    this.#echoes.set(path, echo);
  }

  #watch(dir: string, recursive: boolean, listener: (name: string | undefined) => void): void {
    try {
      const watcher = watch(dir, { recursive, persistent: this.#options.persistent }, (_, name) => {
        if (this.#watchers.includes(watcher)) listener(name ?? undefined);
      });
      // Windows reports the removal of a watched folder as an error.
      watcher.on("error", (error) => {
        if (this.#watchers.includes(watcher) && !isGone(error)) this.#options.onError(error);
      });
      this.#watchers.push(watcher);
    } catch (error) {
      // A folder that does not exist may appear. A folder above ours that we may not read is not replaced by us.
      if (!isGone(error) && dir === this.dir) this.#options.onError(error);
    }
  }

  #closeAll(): void {
    for (const echo of this.#echoes.values()) clearTimeout(echo);
    this.#echoes.clear();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }
}

/** Every folder on the way to `dir` but the topmost, and `dir` itself. */
function wayTo(dir: string): string[] {
  const way: string[] = [];
  for (let step = dir; dirname(step) !== step; step = dirname(step)) way.unshift(step);
  return way;
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR" || (process.platform === "win32" && code === "EPERM");
}
