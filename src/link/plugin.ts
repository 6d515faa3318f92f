import { HotswapError } from "../errors.ts";
import { type Entrance, freedCall, type TrackCall } from "../generation/entrance.ts";
import { isClass } from "../generation/facade.ts";
import type { Generation } from "../generation/generation.ts";
import type { AnyFunction } from "../load/graph.ts";
import { LIVE_EXPORT } from "../artifact/manifest.ts";
import type { FunctionsOf, InvokeOf, PluginDefinition, PluginRegistry } from "../plugin/define.ts";
import type { ReloadNote } from "./note.ts";
import { didYouMean } from "../suggest.ts";
import { Callee } from "./callee.ts";
import type { Calls } from "./calls.ts";

type FunctionName<Definition> = keyof FunctionsOf<Definition> & string;

type ParamsOf<Fn> = Fn extends (...params: infer Params) => unknown ? Params : never;

type ResultOf<Fn> = Fn extends (...params: never[]) => infer Result ? Result : never;

type IfNever<Type, Yes, No> = [Type] extends [never] ? Yes : No;

/** The names that `invokeFunc` takes on a plugin with this definition. */
export type InvokeName<Definition> = IfNever<
  InvokeOf<Definition>,
  FunctionName<Definition>,
  ParamsOf<InvokeOf<Definition>>[0]
>;

type Tail<Params> = Params extends [unknown, ...infer Rest] ? Rest : never;

/** What the function `Name` takes. */
export type InvokeParams<Definition, Name> = IfNever<
  InvokeOf<Definition>,
  Name extends FunctionName<Definition> ? ParamsOf<FunctionsOf<Definition>[Name]> : never,
  Tail<ParamsOf<InvokeOf<Definition>>>
>;

/** What the function `Name` answers. */
export type InvokeResult<Definition, Name> = IfNever<
  InvokeOf<Definition>,
  Name extends FunctionName<Definition> ? ResultOf<FunctionsOf<Definition>[Name]> : never,
  ResultOf<InvokeOf<Definition>>
>;

/** A plugin whose definition is not known to the compiler: any name, any parameters, and a result to be narrowed. */
export type UntypedPlugin = PluginDefinition<unknown, Record<string, (...params: unknown[]) => unknown>, never>;

/** What is known of the plugin `Name`: the definition that was given, or else the one that is registered. */
export type PluginNamed<Definition, Name extends string> = [Definition] extends [undefined]
  ? Name extends keyof PluginRegistry
    ? Plugin<PluginRegistry[Name]>
    : Plugin
  : Plugin<Definition>;

/**
 * A generation as one set sees it. It works as long as the set does: until the set is retired, whatever other sets the
 * generation is part of.
 */
export class Plugin<Definition = UntypedPlugin> {
  readonly name: string;
  /** Path of the artifact; empty when the plugin is linked statically. */
  readonly file: string;
  /** Content hash of the artifact; empty when the plugin is linked statically. */
  readonly hash: string;
  /** What the load or reload that made this set did with the plugin. */
  readonly note: ReloadNote;
  /** The plugins that this one depends on, sorted by name. */
  readonly deps: readonly string[];
  /** Counts the generations of this plugin, from 1. */
  readonly generation: number;
  readonly loadedAt: Date;
  /** Made when the first is asked for: of thousands of plugins, most sets call few. */
  #entrances: Map<AnyFunction, Entrance> | undefined;
  #callees: Map<string, Callee> | undefined;
  #ownCallee: Callee | undefined;
  readonly #track: TrackCall;
  #generation: Generation | undefined;
  /** What `invokeFunc` was asked for last: most callers ask for the same again, and a map costs more than a comparison. */
  #lastName: string | undefined;
  #lastCallee: Callee | undefined;

  /** @internal */
  constructor(generation: Generation, note: ReloadNote, deps: readonly string[], calls: Calls) {
    this.name = generation.name;
    this.file = generation.file;
    this.hash = generation.hash;
    this.note = note;
    this.deps = deps;
    this.generation = generation.number;
    this.loadedAt = generation.loadedAt;
    this.#generation = generation;
    // Not the generation itself: this closure outlives its code.
    const { record } = generation;
    this.#track = (result, name, owner) => calls.track(result, { record, name, owner });
  }

  /** Whether `invokeFunc` would call something: the plugin has the function, or an `invokeFunc` of its own. */
  has(name: string): boolean {
    const generation = this.#generation;
    return generation !== undefined && (generation.functions.has(name) || generation.invokeFunc !== undefined);
  }

  /** The names in the plugin's table of functions; none once the set is retired. @internal */
  get functionNames(): Iterable<string> {
    return this.#generation?.functions.keys() ?? [];
  }

  /**
   * Calls a function of the plugin and answers what it answers. A promise keeps this plugin's set alive until it settles.
   * Throws `HOTSWAP_UNKNOWN_FUNCTION`, and `HOTSWAP_FREED` once the set is retired.
   */
  invokeFunc<Name extends InvokeName<Definition> & string>(
    name: Name,
    ...params: InvokeParams<Definition, Name>
  ): InvokeResult<Definition, Name>;
  invokeFunc(name: string, ...params: unknown[]): unknown {
    const last = this.#lastCallee;
    return last !== undefined && name === this.#lastName
      ? last.call(name, params)
      : this.callee(name).call(name, params);
  }

  /**
   * What {@link invokeFunc} calls for this name, while the set lasts. Throws `HOTSWAP_UNKNOWN_FUNCTION` and
   * `HOTSWAP_FREED`.
   * @internal
   */
  callee(name: string): Callee {
    const callee = this.#callees?.get(name) ?? this.#newCallee(name);
    this.#lastName = name;
    this.#lastCallee = callee;
    return callee;
  }

  #newCallee(name: string): Callee {
    const generation = this.#require(name);
    const { functions, invokeFunc } = generation;
    const owner = { plugin: this.name, track: this.#track };
    const fn = functions.get(name);
    if (fn !== undefined) {
      const callee = new Callee(owner, generation.target(fn, name), false);
      (this.#callees ??= new Map()).set(name, callee);
      return callee;
    }
    if (invokeFunc === undefined) throw unknownFunction(this.name, name, functions.keys());
    // One for all names: they may be any, and many.
    return (this.#ownCallee ??= new Callee(owner, generation.target(invokeFunc, name), true));
  }

  /**
   * The named export of the root module. A function comes in a form that runs in its generation's context and counts as
   * a call of this set. Throws `HOTSWAP_UNKNOWN_SYMBOL`, and `HOTSWAP_FREED` once the set is retired.
   */
  lookup<Value = unknown>(symbol: string): Value {
    const { rootModule } = this.#require("lookup");
    if (!Object.hasOwn(rootModule, symbol) || symbol === LIVE_EXPORT) {
      const known = Object.keys(rootModule).filter((name) => name !== LIVE_EXPORT);
      throw new HotswapError(
        "HOTSWAP_UNKNOWN_SYMBOL",
        `the root module of "${this.name}" exports no "${symbol}"${didYouMean(symbol, known)}`,
        { plugin: this.name },
      );
    }
    const value = rootModule[symbol];
    const found = typeof value === "function" && !isClass(value) ? this.enter(value as AnyFunction, symbol) : value;
    return found as Value;
  }

  /**
   * A form of one of the plugin's functions that anybody may call while the set lasts.
   * @internal
   */
  enter(fn: AnyFunction, name: string): AnyFunction {
    this.#entrances ??= new Map();
    let entrance = this.#entrances.get(fn);
    if (entrance === undefined) {
      entrance = this.#require(name).enter(fn, name, this.#track);
      this.#entrances.set(fn, entrance);
    }
    return entrance.call;
  }

  /**
   * The same for whoever shuts it himself: it stays open when the set is retired.
   * @internal
   */
  open(fn: AnyFunction, name: string): Entrance {
    return this.#require(name).enter(fn, name, this.#track);
  }

  /** Runs host code in the plugin's context, as a call of this set. @internal */
  run<Result>(fn: () => Result, name: string): Result {
    const { context } = this.#require(name);
    const result = context.run(fn);
    return result instanceof Promise ? (this.#track(result, name, context) as Result) : result;
  }

  /** The generation behind this plugin, until the set is retired. @internal */
  get source(): Generation {
    return this.#require("source");
  }

  /** Lets go of the generation. @internal */
  retire(): void {
    this.#generation = undefined;
    for (const entrance of this.#entrances?.values() ?? []) entrance.shut();
    for (const callee of this.#callees?.values() ?? []) callee.shut();
    this.#ownCallee?.shut();
    this.#entrances = undefined;
    this.#callees = undefined;
    this.#ownCallee = undefined;
    this.#lastName = undefined;
    this.#lastCallee = undefined;
  }

  #require(use: string): Generation {
    if (this.#generation === undefined) throw freedCall(this.name, use);
    return this.#generation;
  }
}

function unknownFunction(plugin: string, name: string, known: Iterable<string>): HotswapError {
  return new HotswapError(
    "HOTSWAP_UNKNOWN_FUNCTION",
    `"${plugin}" has no function "${name}"${didYouMean(name, known)}: add it to its functions`,
    { plugin },
  );
}
