import type { ArtifactCache } from "../load/artifact-cache.ts";
import type { FoundArtifacts } from "../load/scan.ts";
import { turnWhenDue } from "../turn.ts";

/** The artifacts of the sets before the current one, newest last; their copies are kept so that no build is needed. */
export class History {
  readonly #cache: ArtifactCache;
  readonly #limit: number;
  #sets: FoundArtifacts[] = [];

  /** `limit` is how many sets are kept. */
  constructor(cache: ArtifactCache, limit: number) {
    this.#cache = cache;
    this.#limit = limit;
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
    while (this.#sets.length > this.#limit) await this.#release(this.#sets.shift());
  }

  /** Forgets the newest set: it is the current one again. */
  async pop(): Promise<void> {
    await this.#release(this.#sets.pop());
  }

  async #release(artifacts: FoundArtifacts | undefined): Promise<void> {
    for (const { hash } of artifacts?.values() ?? []) {
      await turnWhenDue();
      this.#cache.release(hash);
    }
  }
}
