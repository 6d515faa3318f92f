import { describeError } from "../errors.ts";
import { isThenable } from "../load/deadline.ts";
import type { Logger } from "../logger.ts";
import type { Vault } from "../vault/vault.ts";
import type { Calls } from "./calls.ts";
import type { Plugin, PluginNamed } from "./plugin.ts";

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
  readonly #havingFunction = new Map<string, readonly Plugin[]>();

  /** @internal */
  constructor(plugins: readonly Plugin[], vault: Vault<Extension>, calls: Calls, logger: Logger) {
    this.plugins = plugins;
    this.vault = vault;
    this.calls = calls;
    this.#logger = logger;
    this.#byName = new Map(plugins.map((plugin) => [plugin.name.toLowerCase(), plugin]));
  }

  /**
   * The plugin of this name, compared without case. Its functions are typed by the definition that is given as type
   * parameter: `findPlugin<typeof import("./plugin/gamma").default>("gamma")`.
   */
  findPlugin<Definition = undefined, const Name extends string = string>(
    name: Name,
  ): PluginNamed<Definition, Name> | undefined {
    return this.#byName.get(name.toLowerCase()) as PluginNamed<Definition, Name> | undefined;
  }

  /**
   * Calls the function in every plugin that has it, dependencies first. A plugin that throws or rejects is logged with its
   * name and does not stop the others. Answers a promise when a plugin did; plugins do not wait for each other.
   */
  invokeEach(name: string, ...params: unknown[]): void | Promise<void> {
    const plugins = this.#pluginsHaving(name);
    let pending: Promise<void>[] | undefined;
    for (let index = 0; index < plugins.length; index++) {
      const promise = this.#invoke(plugins[index], name, params);
      if (promise !== undefined) (pending ??= []).push(promise);
    }
    return pending && settled(pending);
  }

  /** {@link invokeEach} in reverse order: dependents first. */
  invokeEachBackward(name: string, ...params: unknown[]): void | Promise<void> {
    const plugins = this.#pluginsHaving(name);
    let pending: Promise<void>[] | undefined;
    for (let index = plugins.length - 1; index >= 0; index--) {
      const promise = this.#invoke(plugins[index], name, params);
      if (promise !== undefined) (pending ??= []).push(promise);
    }
    return pending && settled(pending);
  }

  /** Lets go of the plugins and rejects the calls that are still under way. @internal */
  retire(): void {
    this.calls.abandon();
    for (const plugin of this.plugins) plugin.retire();
    this.#havingFunction.clear();
  }

  #invoke(plugin: Plugin | undefined, name: string, params: unknown[]): Promise<void> | undefined {
    try {
      const result = plugin?.invokeFunc(name, ...params);
      if (!isThenable(result)) return undefined;
      return Promise.resolve(result).then(
        () => {},
        (error: unknown) => this.#report(plugin, name, error),
      );
    } catch (error) {
      this.#report(plugin, name, error);
      return undefined;
    }
  }

  #report(plugin: Plugin | undefined, name: string, error: unknown): void {
    this.#logger.error(`${plugin?.name}.${name}() failed: ${describeError(error)}`, error);
  }

  #pluginsHaving(name: string): readonly Plugin[] {
    let plugins = this.#havingFunction.get(name);
    if (plugins === undefined) {
      plugins = this.plugins.filter((plugin) => plugin.has(name));
      // A name that nobody has may be anything, from anywhere: remembering it would be a leak.
      if (plugins.length > 0) this.#havingFunction.set(name, plugins);
    }
    return plugins;
  }
}

async function settled(pending: readonly Promise<void>[]): Promise<void> {
  await Promise.all(pending);
}
