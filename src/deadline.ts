import { HotswapError, type Phase } from "./errors.ts";

export interface DeadlineOptions {
  readonly plugin: string | undefined;
  readonly phase: Phase | undefined;
  /** What is waited for, as the subject of a sentence. */
  readonly what: string;
  /** In ms. */
  readonly timeout: number;
}

/**
 * Waits for a plugin's promise, at most `timeout` ms: then rejects with `HOTSWAP_HOOK_TIMEOUT`. The wait belongs to the
 * host, so it ends even when the plugin's own promises never settle.
 */
export async function withDeadline<Result>(promise: PromiseLike<Result>, options: DeadlineOptions): Promise<Result> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(
      new HotswapError(
        "HOTSWAP_HOOK_TIMEOUT",
        `${options.what} did not finish within ${options.timeout} ms: await less in it, or raise hookTimeout`,
        { plugin: options.plugin, phase: options.phase },
      ),
    );
  }, options.timeout);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `value` has to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof Reflect.get(value, "then") === "function"
  );
}
