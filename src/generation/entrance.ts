import { HotswapError } from "../errors.ts";
import type { FunctionStats, GenerationStats } from "./call-stats.ts";
import type { AnyFunction, Context, Runner } from "../load/graph.ts";
import type { GenerationRecord } from "./generation-record.ts";

/**
 * Gets every promise that a call into a generation returns, and returns what the caller gets instead. `owner` is the
 * generation's context.
 */
export type TrackCall = (
  result: Promise<unknown>,
  name: string,
  owner: Context,
  /** When the call began, in ns; 0 when nobody looked. */
  start: number,
) => unknown;

/** Whose call a promise comes from. */
export interface CallOrigin {
  readonly record: GenerationRecord;
  /** What was called. */
  readonly name: string;
  /** The generation's context. */
  readonly owner: Context;
  /** When the call began, in ns; 0 when nobody looked. */
  readonly start: number;
}

/** What an entrance leads to. */
export interface EntranceTarget {
  readonly plugin: string;
  readonly fn: AnyFunction;
  /** How `fn` is called so that it runs in its generation. */
  readonly runner: Runner;
  /** The context of the generation that `fn` belongs to, however it is called. */
  readonly owner: Context;
  /** Hears of calls that fail and, if asked to, of every call. */
  readonly stats: GenerationStats;
}

/**
 * A way into a generation for callers outside of it, which can be shut: what it leads to is dropped then. It calls a
 * function in its own generation's context, so that what it opens belongs to the plugin that defined it, whoever calls
 * (SPEC 4, 5.5). Every call into a plugin goes through here, except its hooks.
 *
 * All that a call needs is in this one object, because `invokeEach` walks thousands of them.
 */
export class Entrance {
  readonly plugin: string;
  readonly #track: TrackCall | undefined;
  readonly #stats: GenerationStats;
  /** The same, where calls are counted. */
  readonly #counted: GenerationStats | undefined;
  /** The function that was counted last, nearly always the only one. Looking it up would cost as much as counting. */
  #last: FunctionStats | undefined;
  #lastName = "";
  #fn: AnyFunction | undefined;
  #runner: Runner | undefined;
  #owner: Context | undefined;
  #shutBecause: string | undefined;

  constructor({ plugin, fn, runner, owner, stats }: EntranceTarget, track?: TrackCall) {
    this.plugin = plugin;
    this.#track = track;
    this.#stats = stats;
    this.#counted = stats.countsCalls ? stats : undefined;
    this.#fn = fn;
    this.#runner = runner;
    this.#owner = owner;
  }

  /** Returns what the function returns; `name` is for messages. Throws `HOTSWAP_FREED` once shut. */
  call(name: string, params: readonly unknown[]): unknown {
    return params.length <= 3
      ? this.enter(name, params.length, params[0], params[1], params[2])
      : this.spread(name, params);
  }

  /**
   * The same with the first `count` of these parameters. Where they come one by one no array has to be made of them, which
   * costs as much as all the rest; the engine makes none either where it inlines everything, but often it does not.
   */
  enter(name: string, count: number, first: unknown, second: unknown, third: unknown): unknown {
    const fn = this.#fn as ((...all: unknown[]) => unknown) | undefined;
    const runner = this.#runner;
    const owner = this.#owner;
    if (fn === undefined || runner === undefined || owner === undefined) throw this.#isShut(name);
    const start = this.#counted === undefined ? 0 : this.#begin(this.#counted, name);
    let result: unknown;
    try {
      // Spreading even a single parameter into `run` costs 10 ns, a quarter of what entering costs.
      switch (count) {
        case 0:
          result = runner.run(fn);
          break;
        case 1:
          result = runner.run(fn, first);
          break;
        case 2:
          result = runner.run(fn, first, second);
          break;
        default:
          result = runner.run(fn, first, second, third);
      }
    } catch (error) {
      this.#stats.fail(name, error);
      throw error;
    }
    // The first comparison is cheap, and spares numbers and strings the second.
    if (typeof result === "object" && result instanceof Promise) {
      return this.#track === undefined ? result : this.#track(result, name, owner, start);
    }
    if (start !== 0) end(this.#stats, name, start);
    return result;
  }

  /** The same with any number of parameters. */
  spread(name: string, params: readonly unknown[]): unknown {
    const fn = this.#fn as ((...all: unknown[]) => unknown) | undefined;
    const runner = this.#runner;
    const owner = this.#owner;
    if (fn === undefined || runner === undefined || owner === undefined) throw this.#isShut(name);
    const start = this.#counted === undefined ? 0 : this.#begin(this.#counted, name);
    let result: unknown;
    try {
      result = runner.run(fn, ...params);
    } catch (error) {
      this.#stats.fail(name, error);
      throw error;
    }
    if (result instanceof Promise) {
      return this.#track === undefined ? result : this.#track(result, name, owner, start);
    }
    if (start !== 0) end(this.#stats, name, start);
    return result;
  }

  /** The entrance as a function that anybody may call. */
  toFunction(name: string): AnyFunction {
    // oxlint-disable-next-line typescript/no-this-alias, unicorn/no-this-assignment -- an arrow function has no `arguments`
    const entrance = this;
    function enter(first?: unknown, second?: unknown, third?: unknown): unknown {
      if (arguments.length <= 3) return entrance.enter(name, arguments.length, first, second, third);
      return entrance.spread(name, Array.from(arguments));
    }
    return enter as AnyFunction;
  }

  /** Another way to the same, with a runner and a `track` of its own. Throws `HOTSWAP_FREED` once this one is shut. */
  by(runner: Runner, name: string, track: TrackCall): Entrance {
    const fn = this.#fn;
    const owner = this.#owner;
    if (fn === undefined || owner === undefined) throw this.#isShut(name);
    const Way = this.constructor as typeof Entrance;
    return new Way({ plugin: this.plugin, fn, runner, owner, stats: this.#stats }, track);
  }

  /**
   * Lets go of the generation's code. From now on a call throws an error that says what was called, and `why` it is too
   * late.
   */
  shut(why?: string): void {
    this.#shutBecause ??= why;
    this.#fn = undefined;
    this.#runner = undefined;
    this.#owner = undefined;
  }

  /** Counts a call. Returns when it began, in ns, if this call is timed; otherwise 0. */
  #begin(counted: GenerationStats, name: string): number {
    let last = this.#last;
    if (last === undefined || name !== this.#lastName) {
      last = counted.functions.of(name);
      this.#last = last;
      this.#lastName = name;
    }
    return last.begin() ? Bun.nanoseconds() : 0;
  }

  #isShut(name: string): HotswapError {
    return freedCall(this.plugin, name, this.#shutBecause);
  }
}

function end(stats: GenerationStats, name: string, start: number): void {
  stats.functions.of(name).durations.add(Bun.nanoseconds() - start);
}

/** The way to a plugin's own `invokeFunc`, one for all names: it gets the name as well. */
export class NamingEntrance extends Entrance {
  override enter(name: string, count: number, first: unknown, second: unknown, third: unknown): unknown {
    return count < 3
      ? super.enter(name, count + 1, name, first, second)
      : super.spread(name, [name, first, second, third]);
  }

  override spread(name: string, params: readonly unknown[]): unknown {
    return super.spread(name, [name, ...params]);
  }
}

/** The error of a call that came too late, or was cut off by the end of its generation. */
export function freedCall(
  plugin: string,
  name: string,
  why = "was called, or still running, when its generation was freed: call through swapper.current, or hold a lease",
): HotswapError {
  return new HotswapError("HOTSWAP_FREED", `${plugin}.${name}() ${why}`, { plugin });
}
