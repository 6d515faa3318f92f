import { HotswapError } from "../errors.ts";
import type { AnyFunction, Context, Runner } from "../load/graph.ts";

/**
 * Sees every promise that a call into a generation answers, and says what the caller gets for it. `owner` is the
 * generation's context.
 */
export type TrackCall = (result: Promise<unknown>, name: string, owner: Context) => Promise<unknown>;

/** A way into a generation that can be shut: what it leads to is dropped when the generation is freed. */
export interface Entrance {
  /** For callers outside of the generation. Throws `HOTSWAP_FREED` once shut. */
  readonly call: AnyFunction;
  /** Lets go of the generation's code. */
  shut(): void;
}

/** What an entrance leads to. */
export interface EntranceTarget {
  readonly fn: AnyFunction;
  /** How `fn` is called so that it runs in its generation. */
  readonly runner: Runner;
  /** The context of the generation that `fn` belongs to, however it is called. */
  readonly owner: Context;
}

/**
 * A function that calls `target` in its own generation's context, so that what it opens belongs to the plugin that
 * defined it, whoever calls (SPEC 4, 5.5).
 */
export function createEntrance(target: EntranceTarget, plugin: string, name: string, track?: TrackCall): Entrance {
  let open: EntranceTarget | undefined = target;
  const call = (...params: unknown[]): unknown => {
    if (open === undefined) throw freedCall(plugin, name);
    const { fn, runner, owner } = open;
    const result = enter(runner, fn, params);
    // The first comparison spares numbers, strings and the like the second, which is dear.
    return track !== undefined && typeof result === "object" && result instanceof Promise
      ? track(result, name, owner)
      : result;
  };
  return {
    call: call as AnyFunction,
    shut() {
      open = undefined;
    },
  };
}

/** Calls `fn` in the context that `runner` leads to. Every call into a plugin that is no hook goes through here. */
export function enter(runner: Runner, fn: AnyFunction, params: readonly unknown[]): unknown {
  const entered = fn as (...all: unknown[]) => unknown;
  // Spreading even a single parameter into `run` costs 10 ns, a quarter of what entering costs.
  switch (params.length) {
    case 0:
      return runner.run(entered);
    case 1:
      return runner.run(entered, params[0]);
    case 2:
      return runner.run(entered, params[0], params[1]);
    case 3:
      return runner.run(entered, params[0], params[1], params[2]);
    default:
      return runner.run(entered, ...params);
  }
}

/** The error of a call that came too late, or was cut off by the end of its generation. */
export function freedCall(plugin: string, name: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_FREED",
    `${plugin}.${name}() was called, or still running, when its generation was freed: call through swapper.current, or hold a lease`,
    { plugin },
  );
}
