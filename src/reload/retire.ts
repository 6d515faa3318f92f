import type { LinkedGraph } from "../link/link.ts";
import type { PluginManager } from "../link/manager.ts";
import { describePin } from "../link/lease-watch.ts";
import type { Generation } from "../generation/generation.ts";
import type { Logger } from "../logger.ts";
import { turnWhenDue } from "../turn.ts";
import type { BagTransaction } from "../vault/bag/storage.ts";

/** A set with what has to be given back when it is retired. */
export interface OwnedSet<Extension> {
  readonly manager: PluginManager<Extension>;
  readonly graph: LinkedGraph<Generation>;
  readonly bag: BagTransaction;
}

export interface RetireOptions {
  readonly logger: Logger;
  /** In ms; see SPEC 6.1. */
  readonly freeDelay: number;
  /** In ms; see SPEC 6.1. */
  readonly drainTimeout: number;
}

/** Follows the sets that were swapped out until nothing uses them, and frees what only they referred to. */
export class Retirement<Extension> {
  readonly #options: RetireOptions;
  /** The sets that were swapped out, each until it is freed. */
  readonly #draining = new Map<OwnedSet<Extension>, Promise<void>>();
  /** Ends each wait that is under way. */
  readonly #waits = new Set<() => void>();
  #hurried = false;

  constructor(options: RetireOptions) {
    this.#options = options;
  }

  /**
   * Retires the set once it is unused and `freeDelay` has passed, or after `drainTimeout` in any case, and frees `leaving`
   * then: the generations that were part of the current set until now.
   *
   * Older sets may be kept longer, by a lease, and have some of them, too. The set outlasts those: so whatever is freed is in
   * no other set any more, everything that depends on it was freed before (SPEC 3.2), and its vault, which is this set's, is
   * as it was until then (SPEC 3.16).
   */
  start(set: OwnedSet<Extension>, leaving: readonly Generation[]): void {
    const older = Array.from(this.#draining)
      .filter(([{ graph }]) => leaving.some((generation) => positionIn(graph, generation) !== undefined))
      .map(([, freed]) => freed);
    const freed = this.#retire(set, leaving, older);
    this.#draining.set(set, freed);
    void freed.finally(() => this.#draining.delete(set));
  }

  /** Resolves when every set that was swapped out by now is freed. */
  async drained(): Promise<void> {
    await Promise.all(this.#draining.values());
  }

  /** Ends all waiting: what was swapped out is retired now. */
  async finish(): Promise<void> {
    this.#hurried = true;
    // The newest first: where the dependencies do not say otherwise, what came last goes first.
    for (const end of [...this.#waits].toReversed()) end();
    await this.drained();
  }

  /** Resolves when nothing uses the current set, nor those before it, any more; at the latest after `timeout` ms. */
  async endOfCalls(current: OwnedSet<Extension>, timeout: number): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    // It keeps the process alive, because a caller of `close()` waits for the end.
    const timer = setTimeout(resolve, timeout);
    const sets = [current, ...this.#draining.keys()];
    await Promise.race([Promise.all(sets.map(({ manager }) => manager.calls.idle())), over]);
    clearTimeout(timer);
  }

  /** The vault stays usable until the last `onFree` is over. */
  async #retire(
    set: OwnedSet<Extension>,
    leaving: readonly Generation[],
    older: readonly Promise<void>[],
  ): Promise<void> {
    const { manager, graph, bag } = set;
    await this.#drain(set);
    manager.retire();
    if (older.length > 0) await Promise.all(older);
    const position = (generation: Generation): number => positionIn(graph, generation) ?? 0;
    // Dependents first.
    for (const generation of leaving.toSorted((one, other) => position(other) - position(one))) {
      await generation.free();
      await turnWhenDue();
    }
    manager.vault.retire();
    // What came through the vault meanwhile.
    manager.calls.abandon();
    bag.retire();
  }

  async #drain({ manager }: OwnedSet<Extension>): Promise<void> {
    const delay = this.#wait(this.#options.freeDelay);
    const deadline = this.#wait(this.#options.drainTimeout);
    const unused = delay.over.then(() => manager.calls.idle());
    await Promise.race([unused, deadline.over]);
    delay.end();
    deadline.end();
    if (manager.calls.count > 0 && !this.#hurried) this.#reportInUse(manager);
  }

  #reportInUse({ calls }: PluginManager<Extension>): void {
    const { underWay, pins } = calls;
    const uses = [
      ...calls.uses,
      ...(underWay.length > 0 ? [`calls under way: ${summary(underWay)}`] : []),
      ...(pins.length > 0 ? [`leases: ${pins.length}`] : []),
    ];
    this.#options.logger.warn(
      [
        `a set that was swapped out is retired after drainTimeout (${this.#options.drainTimeout} ms) although it is in use (${uses.join("; ")})`,
        ...pins.map(describePin),
      ].join(". "),
    );
  }

  /** Resolves after `ms`, or earlier when it is ended. It does not keep the process alive. */
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

function positionIn({ shape, order }: LinkedGraph<Generation>, generation: Generation): number | undefined {
  const position = shape.positions.get(generation.name.toLowerCase());
  return position !== undefined && order[position] === generation ? position : undefined;
}

/** `a.f() (2 times), b.g()`. */
function summary(calls: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  return Array.from(counts, ([call, count]) => (count > 1 ? `${call} (${count} times)` : call)).join(", ");
}
