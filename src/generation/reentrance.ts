import { AsyncLocalStorage } from "node:async_hooks";
import { HotswapError } from "../errors.ts";

/** A hook or callback that is running. What it started may outlive it, and is free then to do what it likes. */
interface Step {
  readonly what: string;
  /** The swapper whose reload waits for it. */
  readonly owner: object | undefined;
  /** The step that it runs in, where one swapper is used in a hook of another. */
  readonly outer: Step | undefined;
  isOver: boolean;
}

const owners = new AsyncLocalStorage<object>();
const steps = new AsyncLocalStorage<Step>();

/** Runs a reload, or whatever else others wait for, of the swapper `owner`. */
export function runReload<Result>(owner: object, reload: () => Result): Result {
  return owners.run(owner, reload);
}

/**
 * Runs a hook or callback of a reload, so that {@link refuseReentrance} knows of it wherever its asynchronous work goes
 * on, until what it returned has settled.
 */
export function runStep<Result>(what: string, step: () => Result): Result {
  const running: Step = { what, owner: owners.getStore(), outer: steps.getStore(), isOver: false };
  const end = (): void => {
    running.isOver = true;
  };
  let result: Result;
  try {
    result = steps.run(running, step);
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) result.then(end, end);
  else end();
  return result;
}

/**
 * Throws `HOTSWAP_REENTRANT` when a hook or callback of a reload of `owner` is what calls: reloads wait for each other, so
 * it would wait for itself (SPEC 3.19).
 */
export function refuseReentrance(owner: object, method: string): void {
  for (let step = steps.getStore(); step !== undefined; step = step.outer) {
    if (step.isOver || step.owner !== owner) continue;
    throw new HotswapError(
      "HOTSWAP_REENTRANT",
      `${method}() was called by ${step.what}, which the reload under way waits for: it would wait for itself. Call it when the reload is over, from a timer or a call`,
    );
  }
}
