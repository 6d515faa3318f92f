import { AsyncLocalStorage } from "node:async_hooks";
import { HotswapError } from "../errors.ts";

/** A reload, or whatever else of a swapper others wait for. */
interface Reload {
  readonly owner: object;
  isOver: boolean;
}

/** A hook or callback that is running. What it started may outlive it, and may then do what it likes. */
interface Step {
  readonly what: string;
  /** The swapper that waits for it. */
  readonly owner: object | undefined;
  /** The reload that waits for it. When a hook takes too long, the reload ends without it. */
  readonly reload: Reload | undefined;
  /** The step that it runs in, where one swapper is used in a hook of another. */
  readonly outer: Step | undefined;
  isOver: boolean;
}

const reloads = new AsyncLocalStorage<Reload>();
const steps = new AsyncLocalStorage<Step>();

/** Runs a reload, or whatever else others wait for, of the swapper `owner`. */
export async function runReload<Result>(owner: object, reload: () => Promise<Result>): Promise<Result> {
  const running: Reload = { owner, isOver: false };
  try {
    return await reloads.run(running, reload);
  } finally {
    running.isOver = true;
  }
}

/**
 * Runs a hook or callback, so that {@link refuseReentrance} knows of it wherever its asynchronous work goes on, until what
 * it returned has settled, or the reload that waits for it is over. Hooks that run when no reload is under way, such as
 * `onFree`, count until they settle.
 */
export function runStep<Result>(what: string, step: () => Result): Result {
  const reload = reloads.getStore();
  const running: Step = {
    what,
    owner: reload?.owner,
    reload: reload?.isOver === true ? undefined : reload,
    outer: stepUnderWay(),
    isOver: false,
  };
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
 * Throws `HOTSWAP_REENTRANT` when a hook or callback that `owner` waits for is what calls: it would wait for itself (SPEC
 * 3.19). What a hook has started counts as the hook while that runs, awaited or not: nobody can tell the two apart.
 */
export function refuseReentrance(owner: object, method: string): void {
  for (let step = stepUnderWay(); step !== undefined; step = step.outer) {
    if (isOver(step) || step.owner !== owner) continue;
    throw new HotswapError(
      "HOTSWAP_REENTRANT",
      `${method}() was called by ${step.what}, which the reload under way waits for: it would wait for itself. Call it when the reload is over, from a timer or a call`,
    );
  }
}

/**
 * Steps that are over are not held. Otherwise a callback whose timer reloads, whose callback sets a timer, and so on,
 * would make an endless chain.
 */
function stepUnderWay(): Step | undefined {
  let step = steps.getStore();
  while (step !== undefined && isOver(step)) step = step.outer;
  return step;
}

function isOver(step: Step): boolean {
  return step.isOver || step.reload?.isOver === true;
}
