import type { PluginManager } from "../link/manager.ts";
import type { Generation } from "../load/generation.ts";
import type { BagTransaction } from "../vault/bag/storage.ts";

/** A set with what has to be given back when it is retired. */
export interface OwnedSet<Extension> {
  readonly manager: PluginManager<Extension>;
  /** Dependencies first. */
  readonly generations: readonly Generation[];
  readonly bag: BagTransaction;
}

export interface RetireOptions {
  /** In ms; see SPEC 6.1. */
  readonly freeDelay: number;
  /** In ms; see SPEC 6.1. */
  readonly drainTimeout: number;
}

/** Follows the sets that were swapped out until nothing uses them, and frees what only they referred to. */
export class Retirement<Extension> {
  readonly #options: RetireOptions;
  readonly #draining = new Set<Promise<void>>();
  /** Ends each wait that is under way. */
  readonly #waits = new Set<() => void>();
  #hurried = false;

  constructor(options: RetireOptions) {
    this.#options = options;
  }

  /** Retires the set once it is unused and `freeDelay` has passed, or after `drainTimeout` in any case. */
  start(set: OwnedSet<Extension>): void {
    const freed = this.#drain(set).then(() => freeSet(set));
    this.#draining.add(freed);
    void freed.finally(() => this.#draining.delete(freed));
  }

  /** Resolves when every set that was swapped out by now is freed. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining);
  }

  /** Ends all waiting: what was swapped out is retired now. */
  async finish(): Promise<void> {
    this.#hurried = true;
    for (const end of this.#waits) end();
    await this.drained();
  }

  /** Resolves when nothing uses the set any more, at the latest after `timeout` ms. */
  async endOfCalls({ manager }: OwnedSet<Extension>, timeout: number): Promise<void> {
    const deadline = this.#wait(timeout);
    await Promise.race([manager.calls.idle(), deadline.over]);
    deadline.end();
  }

  async #drain({ manager }: OwnedSet<Extension>): Promise<void> {
    const delay = this.#wait(this.#options.freeDelay);
    const deadline = this.#wait(this.#options.drainTimeout);
    const unused = delay.over.then(() => manager.calls.idle());
    await Promise.race([unused, deadline.over]);
    delay.end();
    deadline.end();
  }

  /** Is over after `ms` or when somebody ends it. A host that has nothing else to do may end meanwhile. */
  #wait(ms: number): { readonly over: Promise<void>; end(): void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      clearTimeout(timer);
      this.#waits.delete(end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    this.#waits.add(end);
    if (this.#hurried) end();
    return { over: promise, end };
  }
}

/**
 * Retires the set and frees the generations that no other set refers to, dependents first (SPEC 3.2). The vault stays
 * usable until the last `onFree` is over.
 */
export async function freeSet<Extension>({ manager, generations, bag }: OwnedSet<Extension>): Promise<void> {
  manager.retire();
  const unreferenced = generations.filter((generation) => generation.release());
  for (const generation of unreferenced.toReversed()) await generation.free();
  manager.vault.retire();
  bag.retire();
}
