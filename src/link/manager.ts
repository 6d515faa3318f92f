import { describeError, HotswapError } from "../errors.ts";
import { isThenable } from "../deadline.ts";
import type { Logger } from "../logger.ts";
import type { Vault } from "../vault/vault.ts";
import type { Callee } from "./callee.ts";
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
  /** What `invokeEach` calls, by name, each made at the first call; only names that are in some plugin's table. */
  readonly #callees = new Map<string, readonly Callee[]>();
  /** What it calls for all other names: they may be any, from anywhere, and remembering them would be a leak. */
  #otherCallees: readonly Callee[] | undefined;
  #functionNames: ReadonlySet<string> | undefined;
  #isRetired = false;

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
   * name and does not stop the others. Answers a promise when a plugin did; plugins do not wait for each other. Throws
   * `HOTSWAP_FREED` once the set is retired.
   */
  invokeEach(name: string, ...params: unknown[]): void | Promise<void> {
    return invokeAll(this.#calleesOf(name), { name, params, isBackward: false, logger: this.#logger });
  }

  /** {@link invokeEach} in reverse order: dependents first. */
  invokeEachBackward(name: string, ...params: unknown[]): void | Promise<void> {
    return invokeAll(this.#calleesOf(name), { name, params, isBackward: true, logger: this.#logger });
  }

  /** Lets go of the plugins and rejects the calls that are still under way. @internal */
  retire(): void {
    this.#isRetired = true;
    this.calls.abandon();
    for (const plugin of this.plugins) plugin.retire();
    this.#callees.clear();
    this.#otherCallees = undefined;
  }

  #calleesOf(name: string): readonly Callee[] {
    return this.#callees.get(name) ?? this.#newCalleesOf(name);
  }

  #newCalleesOf(name: string): readonly Callee[] {
    if (this.#isRetired) throw retiredCall(name);
    this.#functionNames ??= new Set(this.plugins.flatMap((plugin) => Array.from(plugin.functionNames)));
    if (!this.#functionNames.has(name)) return (this.#otherCallees ??= this.#findCallees(name));
    const callees = this.#findCallees(name);
    this.#callees.set(name, callees);
    return callees;
  }

  #findCallees(name: string): readonly Callee[] {
    return this.plugins.filter((plugin) => plugin.has(name)).map((plugin) => plugin.callee(name));
  }
}

/** One call of `invokeEach` or `invokeEachBackward`. */
interface EachCall {
  readonly name: string;
  readonly params: readonly unknown[];
  readonly isBackward: boolean;
  readonly logger: Logger;
}

/** One loop with all in it: a function for each step, or a private method, costs more than the rest of the step. */
function invokeAll(callees: readonly Callee[], each: EachCall): void | Promise<void> {
  const { name, params, isBackward, logger } = each;
  const last = callees.length - 1;
  let pending: Promise<void>[] | undefined;
  for (let index = 0; index <= last; index++) {
    const callee = callees[isBackward ? last - index : index];
    if (callee === undefined) continue;
    try {
      const result = callee.call(name, params);
      if (isThenable(result)) (pending ??= []).push(settle(callee, name, result, logger));
    } catch (error) {
      report(callee, name, error, logger);
    }
  }
  return pending && settled(pending);
}

async function settle(callee: Callee, name: string, result: PromiseLike<unknown>, logger: Logger): Promise<void> {
  try {
    await result;
  } catch (error) {
    report(callee, name, error, logger);
  }
}

function report({ plugin }: Callee, name: string, error: unknown, logger: Logger): void {
  logger.error(`${plugin}.${name}() failed: ${describeError(error)}`, error);
}

async function settled(pending: readonly Promise<void>[]): Promise<void> {
  await Promise.all(pending);
}

function retiredCall(name: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_FREED",
    `invokeEach("${name}") was called on a set that is retired: call through swapper.current, or hold a lease`,
  );
}
