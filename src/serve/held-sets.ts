import type { SetUse } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";

type Manager = PluginManager<unknown>;

/** A set that something uses. */
interface Held {
  readonly manager: Manager;
  readonly use: SetUse;
  users: number;
}

/** Keeps sets as long as something of a server uses them: one entry for each set, however many users there are. */
export class HeldSets {
  readonly #what: string;
  readonly #cut: (manager: Manager) => void;
  readonly #held = new Map<Manager, Held>();
  /** What was held last: most users come to the same set. */
  #newest: Held | undefined;

  /** `what` are the users, in the plural. `cut` gets a set that is retired although it is used, and releases its users. */
  constructor(what: string, cut: (manager: Manager) => void) {
    this.#what = what;
    this.#cut = cut;
  }

  hold(manager: Manager): void {
    const held = this.#find(manager);
    if (held !== undefined) held.users++;
    else this.#take(manager);
  }

  release(manager: Manager): void {
    const held = this.#find(manager);
    if (held === undefined || --held.users > 0) return;
    this.#held.delete(manager);
    if (this.#newest === held) this.#newest = undefined;
    manager.calls.endUse(held.use);
  }

  #find(manager: Manager): Held | undefined {
    return this.#newest?.manager === manager ? this.#newest : this.#held.get(manager);
  }

  #take(manager: Manager): void {
    const use: SetUse = {
      describe: () => `${this.#what}: ${this.#held.get(manager)?.users ?? 0}`,
      cut: () => this.#cut(manager),
    };
    this.#newest = { manager, use, users: 1 };
    this.#held.set(manager, this.#newest);
    manager.calls.use(use);
  }
}
