import { HotswapError } from "../errors.ts";
import { type AnyFunction, type Context, hostContext } from "./graph.ts";

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

/** A function together with the context that it has to be called through. */
export interface Callable {
  readonly context: Context;
  /** The context of the generation that the function belongs to, however it is called. */
  readonly owner: Context;
  readonly fn: (...params: unknown[]) => unknown;
}

/**
 * How `fn` is called so that it runs in `context`: through `run`, or, without `asyncContext`, bound to the context once
 * and called directly, which is cheaper and hides the caller's AsyncLocalStorage stores (SPEC 5.7).
 */
export function callable(fn: AnyFunction, context: Context, asyncContext: boolean): Callable {
  const target = fn as Callable["fn"];
  return asyncContext
    ? { context, owner: context, fn: target }
    : { context: hostContext, owner: context, fn: context.bind(target) };
}

/**
 * A function that calls `target` in its own generation's context, so that what it opens belongs to the plugin that
 * defined it, whoever calls (SPEC 4, 5.5).
 */
export function createEntrance(target: Callable, plugin: string, name: string, track?: TrackCall): Entrance {
  let open: Callable | undefined = target;
  const call = (...params: unknown[]): unknown => {
    if (open === undefined) throw freedCall(plugin, name);
    const result = open.context.run(open.fn, ...params);
    return track !== undefined && result instanceof Promise ? track(result, name, open.owner) : result;
  };
  return {
    call: call as AnyFunction,
    shut() {
      open = undefined;
    },
  };
}

/** The error of a call that came too late, or was cut off by the end of its generation. */
export function freedCall(plugin: string, name: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_FREED",
    `${plugin}.${name}() was called, or still running, when its generation was freed: call through swapper.current, or hold a lease`,
    { plugin },
  );
}
