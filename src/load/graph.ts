import { AsyncLocalStorage } from "node:async_hooks";
import { BRIDGE_GLOBAL, type Bridge } from "../artifact/manifest.ts";
import { HotswapError } from "../errors.ts";
import { runInHost } from "../run-in-host.ts";
import { bodyGlobals } from "./bodies.ts";

/** How an error came to be nobody's: what `onError` of a module graph says. */
export type UncaughtKind = "uncaughtException" | "unhandledRejection";

/** A function of any shape. */
export type AnyFunction = (...params: never[]) => unknown;

/**
 * Where a generation's code runs. What a call through {@link Context.run} opens belongs to the generation, and is closed
 * by {@link Context.dispose}.
 */
export interface Context extends Runner {
  /**
   * A way into this context that is cheaper than {@link run}, but hides the caller's AsyncLocalStorage stores: what runs
   * sees those of whoever asked for this way.
   */
  withoutStores(): Runner;
  /** What {@link currentGraph} returns for code that runs here. */
  readonly graph: object;
  dispose(): void;
}

/** A way into a context. */
export interface Runner {
  run<Params extends unknown[], Result>(fn: (...params: Params) => Result, ...params: Params): Result;
}

/** A context with a module registry of its own. */
export interface GraphContext extends Context {
  /** Evaluates the module `file` (an absolute path) and resolves to its namespace. */
  import(file: string): Promise<Record<string, unknown>>;
}

/**
 * A new, empty module graph whose modules see `bridge`. This file is the only one that knows `Bun.ModuleGraph`.
 * Throws `HOTSWAP_UNSUPPORTED_BUN` where there is none.
 */
export function createGraph(bridge: Bridge, onError: (error: unknown, kind: UncaughtKind) => void): GraphContext {
  graphClass ??= defineGraphClass();
  return new graphClass({ globals: { ...bodyGlobals, [BRIDGE_GLOBAL]: bridge }, onError });
}

/** Imports a file into a graph of its own, which is given up at once. Resolves to the module. */
export async function importAside(file: string): Promise<unknown> {
  graphClass ??= defineGraphClass();
  const graph = new graphClass({});
  try {
    return await graph.import(file);
  } finally {
    graph.dispose();
  }
}

/** Throws `HOTSWAP_UNSUPPORTED_BUN` unless this Bun has module graphs. */
export function requireModuleGraph(): void {
  if (typeof Bun.ModuleGraph === "function") return;
  throw new HotswapError(
    "HOTSWAP_UNSUPPORTED_BUN",
    `hotswap needs Bun 1.4.5 or newer for Bun.ModuleGraph, and this is Bun ${Bun.version}: run \`bun upgrade\``,
  );
}

/** The module graph whose code runs now; `undefined` while the host's does. */
export function currentGraph(): object | undefined {
  return (Bun.ModuleGraph as typeof Bun.ModuleGraph | undefined)?.current;
}

/**
 * The context of code that is linked statically: a graph without modules of its own, which owns what calls open and
 * hears of their errors all the same. Throws `HOTSWAP_UNSUPPORTED_BUN`.
 */
export function createStaticContext(onError: (error: unknown, kind: UncaughtKind) => void): Context {
  graphClass ??= defineGraphClass();
  return new graphClass({ onError });
}

/**
 * Runs `fn` in the host's context when the caller is a plugin's code: what a swapper starts must not end with the plugin
 * that asked for it. A caller of the host keeps its own context, AsyncLocalStorage stores included.
 */
export function leavePlugin<Result>(fn: () => Result): Result {
  return currentGraph() === undefined ? fn() : runInHost(fn);
}

type GraphClass = new (options: Bun.ModuleGraphOptions) => GraphContext;

let graphClass: GraphClass | undefined;

/** Made on first use, so that an older Bun fails with our error and not when this module is evaluated. */
function defineGraphClass(): GraphClass {
  requireModuleGraph();
  // A subclass, not a wrapper: run() is on the hot path of every call.
  return class extends Bun.ModuleGraph {
    get graph(): object {
      return this;
    }

    withoutStores(): Runner {
      // One snapshot for all functions: a bound function each costs twice as much as soon as there are many of them.
      return { run: this.run(() => AsyncLocalStorage.snapshot()) as Runner["run"] };
    }
  };
}
