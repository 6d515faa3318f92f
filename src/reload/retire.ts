import { type LinkedGraph, onlyIn } from "../link/link.ts";
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
  /** The sets that are not freed, in the order in which they became current. */
  readonly #sets: OwnedSet<Extension>[] = [];
  /** The sets that were swapped out, each until it is freed. */
  readonly #draining = new Map<OwnedSet<Extension>, Promise<void>>();
  /** For a generation that others depended on: the ends of those that are being freed. */
  readonly #dependents = new WeakMap<Generation, Set<Promise<void>>>();
  /** Ends each wait that is under way. */
  readonly #waits = new Set<() => void>();
  #hurried = false;

  constructor(options: RetireOptions) {
    this.#options = options;
  }

  /** The set becomes current. */
  enter(set: OwnedSet<Extension>): void {
    this.#sets.push(set);
  }

  /**
   * Retires the set once it is unused and `freeDelay` has passed, or after `drainTimeout` in any case. `leaving` are the
   * generations that were part of the current set until now: their vault is that of this set until they are freed (SPEC
   * 3.16), so where an older set keeps one of them longer, this set's vault outlasts that set.
   */
  start(set: OwnedSet<Extension>, leaving: readonly Generation[]): void {
    const older = Array.from(this.#draining)
      .filter(([{ graph }]) => leaving.some((generation) => isIn(graph, generation)))
      .map(([, end]) => end);
    const freed = this.#retire(set, older);
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
    // The newest first: where nothing else is said, what came last goes first.
    for (const end of [...this.#waits].toReversed()) end();
    await this.drained();
  }

  /** Resolves when nothing uses the current set, nor those before it, any more; at the latest after `timeout` ms. */
  async endOfCalls(current: OwnedSet<Extension>, timeout: number): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    // It keeps the process alive: whoever closes wants to see the end of it.
    const timer = setTimeout(resolve, timeout);
    const sets = [current, ...this.#draining.keys()];
    await Promise.race([Promise.all(sets.map(({ manager }) => manager.calls.idle())), over]);
    clearTimeout(timer);
  }

  /**
   * Retires the set and frees the generations that no other set refers to, each after everything that depends on it, also
   * when that is being freed with another set (SPEC 3.2). The vault stays usable until the last `onFree` is over.
   */
  async #retire(set: OwnedSet<Extension>, older: readonly Promise<void>[]): Promise<void> {
    const { manager, bag } = set;
    await this.#drain(set);
    manager.retire();
    await Promise.all(older);
    for (const { generation, freed } of this.#announce(set, this.#forget(set)).toReversed()) {
      const dependents = this.#dependents.get(generation);
      if (dependents !== undefined && dependents.size > 0) await Promise.all(dependents);
      await generation.free();
      freed();
      await turnWhenDue();
    }
    manager.vault.retire();
    // What came through the vault meanwhile.
    manager.calls.abandon();
    bag.retire();
  }

  /** Has the dependencies of what is about to be freed wait for it, in the same turn in which the set is forgotten. */
  #announce(
    { graph }: OwnedSet<Extension>,
    leaving: readonly Generation[],
  ): { readonly generation: Generation; readonly freed: () => void }[] {
    return leaving.map((generation) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const waiting = dependenciesOf(generation, graph).map((dependency) => this.#dependentsOf(dependency));
      for (const dependents of waiting) dependents.add(promise);
      const freed = (): void => {
        for (const dependents of waiting) dependents.delete(promise);
        resolve();
      };
      return { generation, freed };
    });
  }

  #dependentsOf(generation: Generation): Set<Promise<void>> {
    const known = this.#dependents.get(generation);
    if (known !== undefined) return known;
    const dependents = new Set<Promise<void>>();
    this.#dependents.set(generation, dependents);
    return dependents;
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

  /**
   * Answers the generations that no other set refers to. A generation never comes back once it was replaced, so the sets that
   * have it follow each other: it is enough to ask the one before and the one after.
   */
  #forget(set: OwnedSet<Extension>): readonly Generation[] {
    const index = this.#sets.indexOf(set);
    this.#sets.splice(index, 1);
    const neighbours = this.#sets.slice(Math.max(0, index - 1), index + 1);
    return onlyIn(
      set.graph,
      neighbours.map(({ graph }) => graph),
    );
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

function isIn({ shape, order }: LinkedGraph<Generation>, generation: Generation): boolean {
  const position = shape.positions.get(generation.name.toLowerCase());
  return position !== undefined && order[position] === generation;
}

function dependenciesOf({ name }: Generation, { shape, order }: LinkedGraph<Generation>): Generation[] {
  const position = shape.positions.get(name.toLowerCase());
  const edges = position === undefined ? undefined : shape.edges[position];
  return (edges ?? []).flatMap(({ target }) => (target === undefined ? [] : (order[target] ?? [])));
}

/** `a.f() (2 times), b.g()`. */
function summary(calls: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  return Array.from(counts, ([call, count]) => (count > 1 ? `${call} (${count} times)` : call)).join(", ");
}
