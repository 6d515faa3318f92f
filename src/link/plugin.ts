import { HotswapError } from "../errors.ts";
import { Entrance, freedCall, NamingEntrance, type TrackCall } from "../generation/entrance.ts";
import { isClass } from "../generation/facade.ts";
import type { Generation } from "../generation/generation.ts";
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

/** What the function `Name` returns. */
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
  // Made at the first call: of thousands of plugins, most hosts call few.
  #entrances: Map<string, Entrance> | undefined;
  #ownEntrance: NamingEntrance | undefined;
  #looked: Map<AnyFunction, LookedUp> | undefined;
  #exported: Map<string, Entrance> | undefined;
  #near: Entrance[] | undefined;
  readonly #track: TrackCall;
  #generation: Generation | undefined;
  /**
   * What `invokeFunc` called last: most callers call the same again, and a look-up in a map costs more than a
   * comparison.
   */
  #lastName: string | undefined;
  #lastEntrance: Entrance | undefined;

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
    this.#track = (result, name, owner, start) => calls.track(result, { record, name, owner, start });
  }

  /** Whether `invokeFunc` would call something: the plugin has the function, or an `invokeFunc` of its own. */
  has(name: string): boolean {
    return this.#generation?.answers(name) ?? false;
  }

  /**
   * Calls a function of the plugin and returns what it returns. A promise keeps this plugin's set alive until it settles.
   * Throws `HOTSWAP_UNKNOWN_FUNCTION`, and `HOTSWAP_FREED` once the set is retired.
   */
  // @ts-expect-error No array is to be made of few parameters (see Entrance.enter), and the compiler asks for one.
  invokeFunc<Name extends InvokeName<Definition> & string>(
    name: Name,
    ...params: InvokeParams<Definition, Name>
  ): InvokeResult<Definition, Name>;
  invokeFunc(name: string, first?: unknown, second?: unknown, third?: unknown): unknown {
    const entrance = (name === this.#lastName ? this.#lastEntrance : undefined) ?? this.entrance(name);
    if (arguments.length <= 4) return entrance.enter(name, arguments.length - 1, first, second, third);
    return entrance.spread(name, Array.from(arguments).slice(1));
  }

  /**
   * What {@link invokeFunc} calls for this name, while the set lasts. Throws `HOTSWAP_UNKNOWN_FUNCTION` and
   * `HOTSWAP_FREED`.
   * @internal
   */
  entrance(name: string): Entrance {
    const entrance = this.#entrances?.get(name) ?? this.#newEntrance(name);
    this.#lastName = name;
    this.#lastEntrance = entrance;
    return entrance;
  }

  #newEntrance(name: string): Entrance {
    const generation = this.#require(name);
    const { functions, invokeFunc } = generation;
    const fn = functions.get(name);
    if (fn !== undefined) {
      const entrance = new Entrance(generation.target(fn, name), this.#track);
      (this.#entrances ??= new Map()).set(name, entrance);
      return entrance;
    }
    if (invokeFunc === undefined) throw unknownFunction(this.name, name, functions.keys());
    // One for all names: they may be any, and many.
    return (this.#ownEntrance ??= new NamingEntrance(generation.target(invokeFunc, name), this.#track));
  }

  /**
   * The named export of the root module. A function comes in a form that runs in its generation's context and counts as
   * a call of this set.
   *
   * @throws HotswapError `HOTSWAP_UNKNOWN_SYMBOL`, and `HOTSWAP_FREED` once the set is retired.
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
    const found = typeof value === "function" && !isClass(value) ? this.#lookedUp(value as AnyFunction, symbol) : value;
    return found as Value;
  }

  /**
   * The way to a function among the named exports of the root module, or to a member of one; `undefined` when there is none.
   * It lasts as long as the set. Throws `HOTSWAP_FREED`.
   * @internal
   */
  exported(symbol: string, member?: string): Entrance | undefined {
    const path = member === undefined ? symbol : `${symbol}.${member}`;
    const known = this.#exported?.get(path);
    if (known !== undefined) return known;
    const { rootModule } = this.#require(path);
    const found = Object.hasOwn(rootModule, symbol) ? rootModule[symbol] : undefined;
    const fn: unknown = member === undefined || found === undefined ? found : Reflect.get(Object(found), member);
    if (typeof fn !== "function") return undefined;
    const entrance = this.open(member === undefined ? (fn as AnyFunction) : (fn.bind(found) as AnyFunction), path);
    (this.#exported ??= new Map()).set(path, entrance);
    return entrance;
  }

  /**
   * Another way to the same function, for a caller with one fixed context. Entering takes a tenth of the time; what it
   * calls sees the AsyncLocalStorage stores of now. `track` gets its promises. It lasts as long as the set. Throws
   * `HOTSWAP_FREED`.
   * @internal
   */
  fromHere(entrance: Entrance, name: string, track: TrackCall): Entrance {
    const near = entrance.by(this.#require(name).context.withoutStores(), name, track);
    (this.#near ??= []).push(near);
    return near;
  }

  /**
   * A way to one of the plugin's functions that the caller shuts: it stays open when the set is retired.
   * @internal
   */
  open(fn: AnyFunction, name: string): Entrance {
    return new Entrance(this.#require(name).target(fn, name), this.#track);
  }

  /** Runs host code in the plugin's context, as a call of this set. @internal */
  run<Result>(fn: () => Result, name: string): Result {
    const { context } = this.#require(name);
    const result = context.run(fn);
    return result instanceof Promise ? (this.#track(result, name, context, 0) as Result) : result;
  }

  /** The generation behind this plugin, until the set is retired. @internal */
  get source(): Generation {
    return this.#require("source");
  }

  /** Lets go of the generation. @internal */
  retire(): void {
    this.#generation = undefined;
    for (const entrance of this.#entrances?.values() ?? []) entrance.shut();
    for (const { entrance } of this.#looked?.values() ?? []) entrance.shut();
    for (const entrance of this.#exported?.values() ?? []) entrance.shut();
    for (const entrance of this.#near ?? []) entrance.shut();
    this.#ownEntrance?.shut();
    this.#near = undefined;
    this.#exported = undefined;
    this.#entrances = undefined;
    this.#looked = undefined;
    this.#ownEntrance = undefined;
    this.#lastName = undefined;
    this.#lastEntrance = undefined;
  }

  /** A function is the same one each time it is looked up. */
  #lookedUp(fn: AnyFunction, symbol: string): AnyFunction {
    this.#looked ??= new Map();
    let looked = this.#looked.get(fn);
    if (looked === undefined) {
      const entrance = this.open(fn, symbol);
      looked = { entrance, call: entrance.toFunction(symbol) };
      this.#looked.set(fn, looked);
    }
    return looked.call;
  }

  #require(use: string): Generation {
    if (this.#generation === undefined) throw freedCall(this.name, use);
    return this.#generation;
  }
}

/** A function of the root module, as it was handed out. */
interface LookedUp {
  readonly entrance: Entrance;
  readonly call: AnyFunction;
}

function unknownFunction(plugin: string, name: string, known: Iterable<string>): HotswapError {
  return new HotswapError(
    "HOTSWAP_UNKNOWN_FUNCTION",
    `"${plugin}" has no function "${name}"${didYouMean(name, known)}: add it to its functions`,
    { plugin },
  );
}
