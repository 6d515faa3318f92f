import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isCode } from "../build/read/plugin-folder.ts";
import { FolderWatcher } from "../watch/folder-watcher.ts";

/** What is saved within this time of each other belongs together, in ms. */
const QUIET = 50;

/** Waits for the next save in folders with source, which nobody else watches meanwhile. */
export class NextSave implements Disposable {
  readonly #watchers: readonly FolderWatcher[];
  #timer: Timer | undefined;

  /** Calls `onSave` once. Of `trees` everything is watched, of `folders` only what lies directly in them. `since` in ms since 1970: code that was saved after it counts. */
  constructor(
    { trees, folders }: { readonly trees: readonly string[]; readonly folders: readonly string[] },
    since: number,
    onSave: () => void,
  ) {
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
    if (trees.some((dir) => hasNewCode(dir, since))) noticed();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }
}

function hasNewCode(dir: string, since: number): boolean {
  try {
    return readdirSync(dir, { withFileTypes: true }).some((entry) => {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) return entry.name !== "node_modules" && hasNewCode(path, since);
      return isCode(path) && statSync(path).mtimeMs > since;
    });
  } catch {
    // It is going away meanwhile, which is no save.
    return false;
  }
}
