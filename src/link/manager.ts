import { describeError } from "../errors.ts";
import { isThenable } from "../deadline.ts";
import type { Logger } from "../logger.ts";
import type { Vault } from "../vault/vault.ts";
import type { Calls } from "./calls.ts";
import type { AnyCall, Plugin, PluginNamed } from "./plugin.ts";

/** The function of one plugin, as `invokeEach` calls it. */
interface NamedEntrance {
  readonly plugin: string;
  readonly name: string;
  readonly call: AnyCall;
}

/**
 * An immutable, consistent set of plugins, linked to each other. `swapper.current` is the live one. A manager works until
 * it is retired; keep it longer than a call only with a lease (`swapper.acquire()`).
 */
export class PluginManager<Extension = undefined> {
  /** Dependencies first. */
  readonly plugins: readonly Plugin[];
  readonly vault: Vault<Extension>;
  /** What keeps this set from being retired. @internal */
  readonly calls: Calls;
  readonly #logger: Logger;
  readonly #byName: ReadonlyMap<string, Plugin>;
  readonly #entrances = new Map<string, readonly NamedEntrance[]>();

  /** @internal */
  constructor(plugins: readonly Plugin[], vault: Vault<Extension>, calls: Calls, logger: Logger) {
    this.plugins = plugins;
    this.vault = vault;
    this.calls = calls;
    this.#logger = logger;
    // As it is spelt, too: to find that costs less than to change its case.
    const byName = new Map(plugins.map((plugin) => [plugin.name.toLowerCase(), plugin]));
    for (const plugin of plugins) byName.set(plugin.name, plugin);
    this.#byName = byName;
  }

  /**
   * The plugin of this name, compared without case. Its functions are typed by the definition that is given as type
   * parameter: `findPlugin<typeof import("./plugin/gamma").default>("gamma")`.
   */
  findPlugin<Definition = undefined, const Name extends string = string>(
    name: Name,
  ): PluginNamed<Definition, Name> | undefined {
    const plugin = this.#byName.get(name) ?? this.#byName.get(name.toLowerCase());
    return plugin as PluginNamed<Definition, Name> | undefined;
  }

  /**
   * Calls the function in every plugin that has it, dependencies first. A plugin that throws or rejects is logged with its
   * name and does not stop the others. Answers a promise when a plugin did; plugins do not wait for each other.
   */
  invokeEach(name: string, ...params: unknown[]): void | Promise<void> {
    const entrances = this.#entrancesTo(name);
    let pending: Promise<void>[] | undefined;
    for (let index = 0; index < entrances.length; index++) {
      const promise = invoke(entrances[index], params, this.#logger);
      if (promise !== undefined) (pending ??= []).push(promise);
    }
    return pending && settled(pending);
  }

  /** {@link invokeEach} in reverse order: dependents first. */
  invokeEachBackward(name: string, ...params: unknown[]): void | Promise<void> {
    const entrances = this.#entrancesTo(name);
    let pending: Promise<void>[] | undefined;
    for (let index = entrances.length - 1; index >= 0; index--) {
      const promise = invoke(entrances[index], params, this.#logger);
      if (promise !== undefined) (pending ??= []).push(promise);
    }
    return pending && settled(pending);
  }

  /** Lets go of the plugins and rejects the calls that are still under way. @internal */
  retire(): void {
    this.calls.abandon();
    for (const plugin of this.plugins) plugin.retire();
    this.#entrances.clear();
  }

  #entrancesTo(name: string): readonly NamedEntrance[] {
    let entrances = this.#entrances.get(name);
    if (entrances === undefined) {
      const plugins = this.plugins.filter((plugin) => plugin.has(name));
      entrances = plugins.map((plugin) => ({ plugin: plugin.name, name, call: plugin.entrance(name) }));
      // A name that nobody has may be anything, from anywhere: remembering it would be a leak.
      if (entrances.length > 0) this.#entrances.set(name, entrances);
    }
    return entrances;
  }
}

/** A function, not a private method: calling one costs more. */
function invoke(entrance: NamedEntrance | undefined, params: unknown[], logger: Logger): Promise<void> | undefined {
  if (entrance === undefined) return undefined;
  try {
    const { call } = entrance;
    const result = params.length === 1 ? call(params[0]) : call(...params);
    return isThenable(result) ? settle(entrance, result, logger) : undefined;
  } catch (error) {
    report(entrance, error, logger);
    return undefined;
  }
}

async function settle(entrance: NamedEntrance, result: PromiseLike<unknown>, logger: Logger): Promise<void> {
  try {
    await result;
  } catch (error) {
    report(entrance, error, logger);
  }
}

function report({ plugin, name }: NamedEntrance, error: unknown, logger: Logger): void {
  logger.error(`${plugin}.${name}() failed: ${describeError(error)}`, error);
}

async function settled(pending: readonly Promise<void>[]): Promise<void> {
  await Promise.all(pending);
}
