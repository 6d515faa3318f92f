import { createRequire } from "node:module";
import { isAbsolute } from "node:path";
import { isInside } from "../../load/resolve.ts";
import { ownFolder } from "../../own-package.ts";

/** Of this process. */
const { cache } = createRequire(import.meta.path);

/** The files that a process has loaded as modules: the host's own and those of packages. */
export class LoadedFiles {
  #known: ReadonlySet<string> = new Set();

  /** Those that came since the last call. Not this package's own. */
  take(): string[] {
    // The main module is not among the others.
    const loaded = [Bun.main, ...Object.keys(cache)];
    if (loaded.length === this.#known.size) return [];
    const known = this.#known;
    this.#known = new Set(loaded);
    return loaded.filter((file) => !known.has(file) && isAbsolute(file) && !isInside(file, ownFolder));
  }
}
