import { describeError, HotswapError } from "../errors.ts";
import { isThenable } from "../deadline.ts";
import type { Entrance } from "../generation/entrance.ts";
import type { Generation } from "../generation/generation.ts";
import type { Logger } from "../logger.ts";
import { type Registry, registryAs } from "../plugin/registry.ts";
import type { SetVault } from "../vault/vault.ts";
import type { Calls } from "./calls.ts";
import type { Members } from "./members.ts";
import type { Plugin, PluginNamed } from "./plugin.ts";

/**
 * An immutable, consistent set of plugins, linked to each other. `swapper.current` is the live one. A manager works until
 * it is retired; keep it longer than a call only with a lease (`swapper.acquire()`).
 */
export class PluginManager<Extension = undefined> {
  readonly vault: SetVault<Extension>;
  /** What keeps this set from being retired. @internal */
  readonly calls: Calls;
  readonly #logger: Logger;
  readonly #members: Members;
  /** What `invokeEach` calls, by name, each made at the first call; only names that are in some plugin's table. */
  readonly #entrances = new Map<string, readonly Entrance[]>();
  /** What it calls for all other names. They can be any text, so remembering them would be a leak. */
  #otherEntrances: readonly Entrance[] | undefined;
  #functionNames: ReadonlySet<string> | undefined;
  #isRetired = false;
  /** What was found last: a comparison costs less than a map. */
  #lastName: string | undefined;
  #lastPlugin: Plugin | undefined;

  /** @internal */
  constructor(members: Members, vault: SetVault<Extension>, calls: Calls, logger: Logger) {
    this.#members = members;
    this.vault = vault;
    this.calls = calls;
    this.#logger = logger;
  }

  /** Dependencies first. */
  get plugins(): readonly Plugin[] {
    return this.#members.all;
  }

  /**
   * The plugin of this name, compared without case. Its functions are typed by the definition that is given as type
   * parameter: `findPlugin<typeof import("./plugin/gamma").default>("gamma")`.
   */
  findPlugin<Definition = undefined, const Name extends string = string>(
    name: Name,
  ): PluginNamed<Definition, Name> | undefined {
    const plugin = name === this.#lastName ? this.#lastPlugin : this.#find(name);
    return plugin as PluginNamed<Definition, Name> | undefined;
  }

  /**
   * Calls the function in every plugin that has it, dependencies first. A plugin that throws or rejects is logged with
   * its name and does not stop the others. Returns a promise when a plugin did; plugins do not wait for each other.
   *
   * @throws HotswapError `HOTSWAP_FREED` once the set is retired.
   */
  invokeEach(name: string, ...params: unknown[]): void | Promise<void> {
    return invokeAll(this.#entrancesTo(name), { name, params, isBackward: false, logger: this.#logger });
  }

  /** {@link invokeEach} in reverse order: dependents first. */
  invokeEachBackward(name: string, ...params: unknown[]): void | Promise<void> {
    return invokeAll(this.#entrancesTo(name), { name, params, isBackward: true, logger: this.#logger });
  }

  /**
   * What the plugins of this set registered, whatever set is current. For code that holds a lease, and for reload
   * callbacks, which see the coming set. Reading throws `HOTSWAP_FREED` once the set is retired.
   */
  registry<Value>(of: Registry<Value>): Registry<Value> {
    return registryAs(of, () => {
      if (this.#isRetired) throw retiredUse(`the registry "${of.name}" was read`);
      return this.#members;
    });
  }

  /** Lets go of the plugins and rejects the calls that are still under way. @internal */
  retire(): void {
    this.#isRetired = true;
    this.calls.abandon();
    this.#members.retire();
    this.#entrances.clear();
    this.#otherEntrances = undefined;
  }

  #find(name: string): Plugin | undefined {
    const plugin = this.#members.find(name);
    if (plugin !== undefined) {
      this.#lastName = name;
      this.#lastPlugin = plugin;
    }
    return plugin;
  }

  #entrancesTo(name: string): readonly Entrance[] {
    return this.#entrances.get(name) ?? this.#newEntrancesTo(name);
  }

  #newEntrancesTo(name: string): readonly Entrance[] {
    if (this.#isRetired) throw retiredUse(`invokeEach("${name}") was called`);
    this.#functionNames ??= functionNames(this.#members.generations);
    if (!this.#functionNames.has(name)) return (this.#otherEntrances ??= this.#findEntrances(name));
    const entrances = this.#findEntrances(name);
    this.#entrances.set(name, entrances);
    return entrances;
  }

  #findEntrances(name: string): readonly Entrance[] {
    return this.#members.select((generation) => generation.answers(name)).map((plugin) => plugin.entrance(name));
  }
}

/** One call of `invokeEach` or `invokeEachBackward`. */
interface EachCall {
  readonly name: string;
  readonly params: readonly unknown[];
  readonly isBackward: boolean;
  readonly logger: Logger;
}

/** One loop does it all: a function or private method for each step would cost more than the rest of the step. */
function invokeAll(entrances: readonly Entrance[], each: EachCall): void | Promise<void> {
  const { name, params, isBackward, logger } = each;
  const last = entrances.length - 1;
  let pending: Promise<void>[] | undefined;
  for (let index = 0; index <= last; index++) {
    const entrance = entrances[isBackward ? last - index : index];
    if (entrance === undefined) continue;
    try {
      const result = entrance.call(name, params);
      if (isThenable(result)) (pending ??= []).push(settle(entrance, name, result, logger));
    } catch (error) {
      report(entrance, name, error, logger);
    }
  }
  return pending && settled(pending);
}

async function settle(entrance: Entrance, name: string, result: PromiseLike<unknown>, logger: Logger): Promise<void> {
  try {
    await result;
  } catch (error) {
    report(entrance, name, error, logger);
  }
}

function report({ plugin }: Entrance, name: string, error: unknown, logger: Logger): void {
  logger.error(`${plugin}.${name}() failed: ${describeError(error)}`, error);
}

async function settled(pending: readonly Promise<void>[]): Promise<void> {
  await Promise.all(pending);
}

function functionNames(generations: readonly Generation[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { functions } of generations) for (const name of functions.keys()) names.add(name);
  return names;
}

function retiredUse(what: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_FREED",
    `${what} on a set that is retired: go through swapper.current, or hold a lease`,
  );
}
