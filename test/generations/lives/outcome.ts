import { HotswapError } from "hotswap";

/** The error that `promise` is refused with; throws when it is not. */
export async function refused(promise: Promise<unknown>): Promise<HotswapError> {
  const outcome: unknown = await promise.then(
    (value) => new Error(`this was to be refused, and gave ${String(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof HotswapError) return outcome;
  throw outcome;
}

/** Throws unless both are deeply equal. */
export function same(actual: unknown, expected: unknown): void {
  if (Bun.deepEquals(actual, expected)) return;
  throw new Error(`expected ${Bun.inspect(expected)}\nand found ${Bun.inspect(actual)}`);
}
