import { describeError, HotswapError, isHotswapError, type Phase } from "../errors.ts";
import { isThenable, withDeadline } from "../deadline.ts";
import { adoptIntrinsics, requireIntrinsics } from "../load/intrinsics.ts";
import type { AnyFunction, Context } from "../load/graph.ts";
import { sourceMaps } from "../load/source-maps.ts";
import { runStep } from "./reentrance.ts";

/** A hook of one generation, about to be called. */
export interface HookCall {
  readonly plugin: string;
  /** The step of a load or reload that the hook is part of. */
  readonly phase: Phase | undefined;
  /** What messages call the hook. */
  readonly name: string;
  readonly hook: AnyFunction;
  readonly context: Context;
}

/**
 * Calls a hook that must not be asynchronous. Throws `HOTSWAP_HOOK_FAILED` with the original as `cause` when it throws, and
 * `HOTSWAP_INVALID_HOOK` when it returns a promise.
 */
export function runSyncHook(call: HookCall): unknown {
  const { result, isPromise } = enter(call, []);
  if (!isPromise) return result;
  // Its rejection is not news: the hook is refused already.
  Promise.resolve(result).catch(() => {});
  throw new HotswapError(
    "HOTSWAP_INVALID_HOOK",
    `${call.name}() of "${call.plugin}" returned a promise, but it must be synchronous: move the waiting to onLoad or onInit`,
    { plugin: call.plugin, phase: call.phase },
  );
}

/**
 * Calls a hook that may be async and waits for it, at most `timeout` ms. Throws `HOTSWAP_HOOK_FAILED` with the original as
 * `cause`, or `HOTSWAP_HOOK_TIMEOUT`.
 */
export async function runHook(call: HookCall, params: readonly unknown[], timeout: number): Promise<void> {
  const { result, isPromise } = enter(call, params);
  if (!isPromise) return;
  const settled = Promise.resolve(result).catch((error: unknown) => {
    throw hookFailed(call, error);
  });
  try {
    await withDeadline(settled, {
      plugin: call.plugin,
      phase: call.phase,
      what: `${call.name}() of "${call.plugin}"`,
      timeout,
    });
  } finally {
    // The host does other things while a generation is freed, and may have overwritten something itself.
    if (call.phase !== undefined) requireIntrinsics(call.plugin, call.phase);
  }
}

/** Find out here whether the result is a promise: a getter or a proxy may throw. */
function enter(call: HookCall, params: readonly unknown[]): { readonly result: unknown; readonly isPromise: boolean } {
  adoptIntrinsics();
  try {
    const result = runStep(`${call.name}() of "${call.plugin}"`, () =>
      call.context.run(call.hook as (...params: unknown[]) => unknown, ...params),
    );
    return { result, isPromise: isThenable(result) };
  } catch (error) {
    requireIntrinsics(call.plugin, call.phase, { cause: error });
    throw hookFailed(call, error);
  } finally {
    requireIntrinsics(call.plugin, call.phase);
  }
}

function hookFailed({ name, plugin, phase }: HookCall, error: unknown): HotswapError {
  sourceMaps.tell();
  // How two plugins fit together is not a failure of this one's hook.
  if (isHotswapError(error) && error.code === "HOTSWAP_DUPLICATE_ENTRY") {
    return new HotswapError(error.code, error.message, { plugin, phase, cause: error });
  }
  return new HotswapError(
    "HOTSWAP_HOOK_FAILED",
    `${name}() of "${plugin}" failed: ${describeError(error)}${adviceFor(error)}`,
    {
      plugin,
      phase,
      cause: error,
    },
  );
}

/** The generation before still listens while the next one starts. */
function adviceFor(error: unknown): string {
  if (!isAddressInUse(error)) return "";
  return ": where the generation before it still listens, let the host have the port, with serve(swapper, { port, ... }), or give reusePort: true";
}

function isAddressInUse(error: unknown): boolean {
  try {
    return error instanceof Error && Reflect.get(error, "code") === "EADDRINUSE";
  } catch {
    // What was thrown throws in its turn when it is looked at.
    return false;
  }
}
