import { HotswapError, isHotswapError } from "../errors.ts";
import { systemFailure } from "../system-failure.ts";

/**
 * Runs `work`. What the operating system refuses, wherever in a build it is asked, becomes HOTSWAP_BUILD_FAILED with the path and
 * what to do about it.
 */
export async function codingSystemErrors<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw coded(error);
  }
}

/** The same for work that is done at once. */
export function codingSystemErrorsNow<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw coded(error);
  }
}

function coded(error: unknown): unknown {
  const failure = isHotswapError(error) ? undefined : systemFailure(error);
  return failure === undefined ? error : new HotswapError("HOTSWAP_BUILD_FAILED", failure, { cause: error });
}
