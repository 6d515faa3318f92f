import { FolderWatcher } from "./folder-watcher.ts";

/** Artifacts that are published within this time of each other belong together, in ms. */
const QUIET = 20;

/** However busy the folder is, what was published is not kept waiting longer than this, in ms. */
const LONGEST_WAIT = 500;

export interface ArtifactWatchOptions {
  /** Called when something was published, and again for what was published while the last call was under way. Must not reject. */
  readonly onPublished: () => Promise<void>;
  /** Called when the operating system refuses to watch. */
  readonly onError: (error: unknown) => void;
}

/**
 * Watches the folder of artifacts. What is published together, such as by a build of several plugins, is one publication.
 * Does not keep the process running.
 */
export class ArtifactWatch implements Disposable {
  readonly #options: ArtifactWatchOptions;
  readonly #watcher: FolderWatcher;
  #timer: Timer | undefined;
  /** When the first event came that is not reported yet, in ms. */
  #since: number | undefined;
  #busy = false;
  #closed = false;

  constructor(dir: string, options: ArtifactWatchOptions) {
    this.#options = options;
    this.#watcher = new FolderWatcher(dir, {
      recursive: false,
      persistent: false,
      onChange: () => this.#noticed(),
      onError: options.onError,
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #noticed(): void {
    const now = performance.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    const wait = Math.max(0, Math.min(QUIET, this.#since + LONGEST_WAIT - now));
    this.#timer = setTimeout(() => void this.#report(), wait).unref();
  }

  async #report(): Promise<void> {
    this.#timer = undefined;
    // What comes while a report is under way is reported when that is over.
    if (this.#busy) return;
    this.#busy = true;
    do {
      this.#since = undefined;
      await this.#options.onPublished();
    } while (this.#since !== undefined && this.#timer === undefined && !this.#closed);
    this.#busy = false;
  }
}
