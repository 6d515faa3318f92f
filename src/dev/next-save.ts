import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isCode } from "../build/read/plugin-folder.ts";
import { FolderWatcher } from "../watch/folder-watcher.ts";

/** In ms: saves within this time of each other belong together. */
const QUIET = 50;

/** When watchers surely watch, in ms. */
const SETTLED = 100;

/** What is watched for a save. */
export interface Sources {
  /** Folders, with everything below them. */
  readonly trees: readonly string[];
  /** Folders, with what lies directly in them. */
  readonly folders: readonly string[];
  /** Files that count when they are newer. */
  readonly files: readonly string[];
}

/** Waits for the next save in folders with source, which nobody else watches meanwhile. */
export class NextSave implements Disposable {
  readonly #watchers: readonly FolderWatcher[];
  readonly #secondLook: Timer;
  #timer: Timer | undefined;

  /** Calls `onSave` once. `since` in ms since 1970: code that was saved after it counts. */
  constructor({ trees, folders, files }: Sources, since: number, onSave: () => void) {
    const noticed = (): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => {
        this[Symbol.dispose]();
        onSave();
      }, QUIET);
    };
    const watch = (dir: string, recursive: boolean): FolderWatcher =>
      new FolderWatcher(dir, { recursive, persistent: true, onChange: noticed, onError: () => undefined });
    this.#watchers = [...trees.map((dir) => watch(dir, true)), ...folders.map((dir) => watch(dir, false))];
    const look = (): void => {
      if (trees.some((dir) => hasNewCode(dir, since)) || files.some((file) => isNewer(file, since))) noticed();
    };
    look();
    // The system may not watch yet when it says so.
    this.#secondLook = setTimeout(look, SETTLED);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#secondLook);
    for (const watcher of this.#watchers) watcher.close();
  }
}

function hasNewCode(dir: string, since: number): boolean {
  try {
    return readdirSync(dir, { withFileTypes: true }).some((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return entry.name !== "node_modules" && hasNewCode(path, since);
      return isCode(path) && isNewer(path, since);
    });
  } catch {
    // It is going away meanwhile, which is no save.
    return false;
  }
}

function isNewer(file: string, since: number): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > since;
}
