import { describeError } from "../errors.ts";
import type { ArtifactCache } from "../load/copies/artifact-cache.ts";
import type { FoundArtifact } from "../load/found-artifact.ts";
import type { Logger } from "../logger.ts";
import type { Step } from "../plan/live.ts";
import { turnWhenDue } from "../turn.ts";

export interface HistoryOptions {
  /** How many steps are kept. */
  readonly history: number;
  readonly logger: Logger;
}

/**
 * The steps that led to the current set, newest last. The copies of what they replaced are kept, so that no build is needed
 * to go back.
 */
export class History {
  readonly #cache: ArtifactCache;
  readonly #options: HistoryOptions;
  #steps: Step[] = [];

  constructor(cache: ArtifactCache, options: HistoryOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  get newest(): Step | undefined {
    return this.#steps.at(-1);
  }

  get length(): number {
    return this.#steps.length;
  }

  /**
   * Remembers a step while the generations that it replaced still hold their copies. What an older step leads to and no
   * step replaced is part of the current set, whose generations hold it.
   */
  async push(step: Step): Promise<void> {
    for (const artifact of step.values()) if (hasCopy(artifact)) this.#cache.retain(artifact.hash);
    this.#steps.push(step);
    while (this.#steps.length > this.#options.history) await this.#release(this.#steps.shift());
  }

  /** Forgets the newest step: it was undone. */
  async pop(): Promise<void> {
    await this.#release(this.#steps.pop());
  }

  async #release(step: Step | undefined): Promise<void> {
    for (const artifact of step?.values() ?? []) {
      await turnWhenDue();
      try {
        if (hasCopy(artifact)) this.#cache.release(artifact.hash);
      } catch (error) {
        // The new set is live: a copy that cannot be deleted does not make the reload fail.
        this.#options.logger.warn(`an artifact's copy could not be deleted: ${describeError(error)}`, error);
      }
    }
  }
}

/** Modules that are kept apart in this process are evaluated without a copy. */
function hasCopy(artifact: FoundArtifact | undefined): artifact is FoundArtifact {
  return artifact !== undefined && artifact.built === undefined;
}
