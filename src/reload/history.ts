import { describeError } from "../errors.ts";
import type { ArtifactCache } from "../load/artifact-cache.ts";
import type { FoundArtifacts } from "../load/scan.ts";
import type { Logger } from "../logger.ts";
import { turnWhenDue } from "../turn.ts";

export interface HistoryOptions {
  /** How many sets are kept. */
  readonly history: number;
  readonly logger: Logger;
}

/** The artifacts of the sets before the current one, newest last; their copies are kept so that no build is needed. */
export class History {
  readonly #cache: ArtifactCache;
  readonly #options: HistoryOptions;
  #sets: FoundArtifacts[] = [];

  constructor(cache: ArtifactCache, options: HistoryOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  get newest(): FoundArtifacts | undefined {
    return this.#sets.at(-1);
  }

  get length(): number {
    return this.#sets.length;
  }

  /** Remembers the artifacts of a set whose generations still hold their copies. */
  async push(artifacts: FoundArtifacts): Promise<void> {
    for (const { hash } of artifacts.values()) this.#cache.retain(hash);
    this.#sets.push(artifacts);
    while (this.#sets.length > this.#options.history) await this.#release(this.#sets.shift());
  }

  /** Forgets the newest set: it is the current one again. */
  async pop(): Promise<void> {
    await this.#release(this.#sets.pop());
  }

  async #release(artifacts: FoundArtifacts | undefined): Promise<void> {
    for (const { hash } of artifacts?.values() ?? []) {
      await turnWhenDue();
      try {
        this.#cache.release(hash);
      } catch (error) {
        // The new set is live: a copy that could not be deleted is no reason to call the reload failed.
        this.#options.logger.warn(`an artifact's copy could not be deleted: ${describeError(error)}`, error);
      }
    }
  }
}
