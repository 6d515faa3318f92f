import type { SetUse } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";

type Manager = PluginManager<unknown>;

interface Held {
  readonly use: SetUse;
  users: number;
}

/** Keeps sets as long as something of a server uses them: one entry for each set, however many users there are. */
export class HeldSets {
  readonly #what: string;
  readonly #cut: (manager: Manager) => void;
  readonly #held = new Map<Manager, Held>();

  /** `what` are the users, in the plural. `cut` gets a set that is retired although it is used, and releases its users. */
  constructor(what: string, cut: (manager: Manager) => void) {
    this.#what = what;
    this.#cut = cut;
  }

  hold(manager: Manager): void {
    const held = this.#held.get(manager);
    if (held !== undefined) held.users++;
    else this.#take(manager);
  }

  release(manager: Manager): void {
    const held = this.#held.get(manager);
    if (held === undefined || --held.users > 0) return;
    this.#held.delete(manager);
    manager.calls.endUse(held.use);
  }

  #take(manager: Manager): void {
    const use: SetUse = {
      describe: () => `${this.#what}: ${this.#held.get(manager)?.users ?? 0}`,
      cut: () => this.#cut(manager),
    };
    this.#held.set(manager, { use, users: 1 });
    manager.calls.use(use);
  }
}
