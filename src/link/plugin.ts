import { HotswapError } from "../errors.ts";
import { type Callable, type Entrance, freedCall, type TrackCall } from "../load/entrance.ts";
import { isClass } from "../load/facade.ts";
import type { Generation } from "../load/generation.ts";
import type { AnyFunction } from "../load/graph.ts";
import { LIVE_EXPORT } from "../artifact/manifest.ts";
import type { FunctionsOf, InvokeOf, PluginDefinition, PluginRegistry } from "../plugin/define.ts";
import type { ReloadNote } from "./note.ts";
import { didYouMean } from "../suggest.ts";
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
  readonly #entrances = new Map<AnyFunction, Entrance>();
  readonly #track: TrackCall;
  #generation: Generation | undefined;
  #functions: ReadonlyMap<string, Callable> | undefined;

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
    this.#functions = generation.functions;
    // Not the generation itself: this closure outlives its code.
    const { record } = generation;
    this.#track = (result, name, owner) => calls.track(result, { record, name, owner });
  }

  /** Whether `invokeFunc` would call something: the plugin has the function, or an `invokeFunc` of its own. */
  has(name: string): boolean {
    return this.#functions?.has(name) === true || this.#generation?.invokeFunc !== undefined;
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
    const target = this.#functions?.get(name);
    if (target === undefined) return invokeOther(this.source, name, params, this.#track);
    const result = target.context.run(target.fn, ...params);
    return result instanceof Promise ? this.#track(result, name, target.owner) : result;
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
    let entrance = this.#entrances.get(fn);
    if (entrance === undefined) {
      entrance = this.#require(name).enter(fn, name, this.#track);
      this.#entrances.set(fn, entrance);
    }
    return entrance.call;
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
    this.#functions = undefined;
    for (const entrance of this.#entrances.values()) entrance.shut();
    this.#entrances.clear();
  }

  #require(use: string): Generation {
    if (this.#generation === undefined) throw freedCall(this.name, use);
    return this.#generation;
  }
}

/** What is not in the table of functions. A function, not a private method: calling one makes `invokeFunc` slower. */
function invokeOther(generation: Generation, name: string, params: unknown[], track: TrackCall): unknown {
  const { invokeFunc, functions } = generation;
  if (invokeFunc !== undefined) {
    const result = invokeFunc.context.run(invokeFunc.fn, name, ...params);
    return result instanceof Promise ? track(result, name, invokeFunc.owner) : result;
  }
  throw new HotswapError(
    "HOTSWAP_UNKNOWN_FUNCTION",
    `"${generation.name}" has no function "${name}"${didYouMean(name, functions.keys())}: add it to its functions`,
    { plugin: generation.name },
  );
}
