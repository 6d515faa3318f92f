import { describeError, HotswapError } from "../errors.ts";
import type { Entrance } from "../generation/entrance.ts";
import type { ServedSockets } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import type { Logger } from "../logger.ts";
import type { ReloadListener } from "../reload/reload-log.ts";
import { didYouMean } from "../suggest.ts";
import type { FunctionName } from "./function-reference.ts";

type Manager = PluginManager<unknown>;

/** What serving needs of a swapper. */
export interface SetSource {
  /** The live set. */
  readonly current: Manager | undefined;
  /** Counts the sets. */
  readonly reloadCounter: number;
  readonly logger: Logger;
  /** Where servers show their sockets. @internal */
  readonly servers: Set<ServedSockets>;
  subscribe(listener: ReloadListener): () => void;
}

/** Which function of a plugin is meant. */
export interface TargetName extends FunctionName {
  /** A named export of the root module that is, or holds, the function: it goes before the table of functions. */
  readonly exported?: readonly [symbol: string, member?: string] | undefined;
}

/** A function of a plugin, looked up anew in a set each time it is called. */
export class Target {
  readonly plugin: string;
  readonly fn: string;
  readonly #exported: TargetName["exported"];
  readonly #source: SetSource;
  readonly #isOptional: boolean;
  /** The set in which it was last reported that the function is missing, by the reload counter; -1 is no set at all. */
  #reportedAt: number | undefined;

  /** An optional function may be missing in its plugin, but a missing plugin is always reported. */
  constructor(source: SetSource, { plugin, fn, exported }: TargetName, { isOptional = false } = {}) {
    this.#source = source;
    this.plugin = plugin;
    this.fn = fn;
    this.#exported = exported;
    this.#isOptional = isOptional;
  }

  get current(): Manager | undefined {
    return this.#source.current;
  }

  /** The plugin in this set, when it has the function. A missing one is logged once for each set. */
  find(manager: Manager | undefined): Plugin | undefined {
    const plugin = manager?.findPlugin(this.plugin);
    if (plugin !== undefined && this.#isIn(plugin)) return plugin;
    if (plugin === undefined || !this.#isOptional) this.#reportMissing(manager, plugin);
    return undefined;
  }

  /** The way to the function of a plugin that has it; it lasts as long as the plugin's set. */
  entrance(plugin: Plugin): Entrance {
    return (this.#exported && plugin.exported(...this.#exported)) ?? plugin.entrance(this.fn);
  }

  /** Calls the function of a plugin that has it, with the first `count` of these parameters. */
  call(plugin: Plugin, count: number, first: unknown, second: unknown, third: unknown): unknown {
    return this.entrance(plugin).enter(this.fn, count, first, second, third);
  }

  /** Logs what the function threw or rejected with. */
  reportFailure(plugin: Plugin, error: unknown): void {
    this.#source.logger.error(
      `${plugin.name}#${plugin.generation}: ${this.fn}() failed: ${describeError(error)}`,
      error,
    );
  }

  /** Logs that what a request handler returned is no answer; Bun then sends an empty one. */
  reportAnswer(plugin: Plugin, answer: unknown): void {
    this.#source.logger.error(
      `${plugin.name}#${plugin.generation}: ${this.fn}() returned ${Bun.inspect(answer, { depth: 0 })}, which is sent as 204: a Response is wanted, or nothing after server.upgrade()`,
    );
  }

  toString(): string {
    return `${this.plugin}.${this.fn}`;
  }

  #isIn(plugin: Plugin): boolean {
    return plugin.has(this.fn) || (this.#exported !== undefined && plugin.exported(...this.#exported) !== undefined);
  }

  #reportMissing(manager: Manager | undefined, plugin: Plugin | undefined): void {
    const set = manager === undefined ? -1 : this.#source.reloadCounter;
    if (this.#reportedAt === set) return;
    this.#reportedAt = set;
    if (manager !== undefined && plugin === undefined) {
      const told = missingIn(this.#source, set);
      if (told.has(this.plugin)) return;
      told.add(this.plugin);
    }
    this.#source.logger.error(`${this} was asked for, ${this.#whyMissing(manager, plugin)} (said once for each set)`);
  }

  #whyMissing(manager: Manager | undefined, plugin: Plugin | undefined): string {
    if (manager === undefined) return "but there is no current set: load the plugins first";
    if (plugin !== undefined) {
      const known = plugin.source.functions.keys();
      const cure = this.#exported === undefined ? "add it to its functions" : "export it from its index.ts";
      return `but "${plugin.name}" has no function "${this.fn}"${didYouMean(this.fn, known)}: ${cure}`;
    }
    const names = manager.plugins.map(({ name }) => name);
    return `but "${this.plugin}" is not in the current set${didYouMean(this.plugin, names)}: build it and reload; hotswap dev does both once its folder is there`;
  }
}

/** The plugins of which it was said that they are missing in a set, for each source: a server names many functions of one. */
const missing = new WeakMap<SetSource, { readonly set: number; readonly plugins: Set<string> }>();

function missingIn(source: SetSource, set: number): Set<string> {
  let known = missing.get(source);
  if (known?.set !== set) {
    known = { set, plugins: new Set() };
    missing.set(source, known);
  }
  return known.plugins;
}

/** Whether the error means that the plugin is not there (any more), rather than that its code is wrong. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof HotswapError && error.code === "HOTSWAP_FREED";
}
