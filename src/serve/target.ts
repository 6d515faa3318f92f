import { describeError, HotswapError } from "../errors.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import type { Logger } from "../logger.ts";
import { didYouMean } from "../suggest.ts";
import type { FunctionName } from "./function-reference.ts";

/** What serving needs of a swapper. */
export interface SetSource {
  /** The live set. */
  readonly current: PluginManager<unknown> | undefined;
  /** Counts the sets. */
  readonly reloadCounter: number;
  readonly logger: Logger;
}

/** A function of a plugin, looked up anew in the current set each time it is called. */
export class Target {
  readonly plugin: string;
  readonly fn: string;
  readonly #source: SetSource;
  readonly #isOptional: boolean;
  /** The set in which it was last reported that the function is missing, by the reload counter; -1 is no set at all. */
  #reportedAt: number | undefined;

  /** An optional function may be missing in its plugin; that its plugin is missing is worth a word in any case. */
  constructor(source: SetSource, { plugin, fn }: FunctionName, { isOptional = false } = {}) {
    this.#source = source;
    this.plugin = plugin;
    this.fn = fn;
    this.#isOptional = isOptional;
  }

  get logger(): Logger {
    return this.#source.logger;
  }

  get set(): PluginManager<unknown> | undefined {
    return this.#source.current;
  }

  /** The plugin in the current set, when it has the function. A missing one is logged once for each set. */
  find(): Plugin | undefined {
    const plugin = this.#source.current?.findPlugin(this.plugin);
    if (plugin?.has(this.fn) === true) return plugin;
    if (plugin === undefined || !this.#isOptional) this.#reportMissing(plugin);
    return undefined;
  }

  /** Logs what the function threw or rejected with. */
  reportFailure(plugin: Plugin, error: unknown): void {
    this.logger.error(`${plugin.name}#${plugin.generation}: ${this.fn}() failed: ${describeError(error)}`, error);
  }

  toString(): string {
    return `${this.plugin}.${this.fn}`;
  }

  #reportMissing(plugin: Plugin | undefined): void {
    const { reloadCounter, current } = this.#source;
    const set = current === undefined ? -1 : reloadCounter;
    if (this.#reportedAt === set) return;
    this.#reportedAt = set;
    this.logger.error(`${this} was asked for, ${this.#whyMissing(current, plugin)} (said once for each set)`);
  }

  #whyMissing(manager: PluginManager<unknown> | undefined, plugin: Plugin | undefined): string {
    if (manager === undefined) return "but there is no current set: load the plugins first";
    if (plugin !== undefined) {
      const known = plugin.source.functions.keys();
      return `but "${plugin.name}" has no function "${this.fn}"${didYouMean(this.fn, known)}: add it to its functions`;
    }
    const names = manager.plugins.map(({ name }) => name);
    return `but "${this.plugin}" is not in the current set${didYouMean(this.plugin, names)}: build it and reload`;
  }
}

/** Whether the error means that the plugin is not there (any more), rather than that its code is wrong. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof HotswapError && error.code === "HOTSWAP_FREED";
}
