import { errorCodes, type ErrorCode } from "hotswap";
import { HotswapError } from "../../src/errors.ts";
import type { Random } from "./random.ts";

/** Something that takes input from outside. */
export interface Target extends AsyncDisposable {
  /** Tries one input. Throws what the code under test throws, and an {@link Broken} when a promise was broken. */
  attempt(random: Random): Promise<void>;
}

/** Something happened that must never happen. */
export class Broken extends Error {
  override readonly name = "Broken";
}

/** What became of many inputs. */
export interface Outcome {
  readonly inputs: number;
  readonly refused: number;
  /** In ms; how long the slowest took. */
  readonly slowest: number;
  /** With the seed of the input, by which it comes again. */
  readonly failures: readonly string[];
}

/** In ms. */
const LONGEST = 2000;

/** Whether an input was refused as it should be: with a code of ours and a message. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof HotswapError && Object.hasOwn(errorCodes, error.code satisfies ErrorCode) && error.message !== ""
  );
}

/** Tries inputs until `isOver`, from `seed` on. `random` makes the numbers of one input. */
export async function attack(
  target: Target,
  seed: number,
  random: (seed: number) => Random,
  isOver: (inputs: number) => boolean,
): Promise<Outcome> {
  let [inputs, refused, slowest] = [0, 0, 0];
  const failures: string[] = [];
  for (; !isOver(inputs) && failures.length < 20; inputs++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    try {
      await target.attempt(random(seed + inputs));
    } catch (error) {
      if (isRefusal(error)) refused++;
      else failures.push(`seed ${seed + inputs}: ${Bun.inspect(error).slice(0, 1500)}`);
    }
    const took = performance.now() - start;
    slowest = Math.max(slowest, took);
    // A busy machine is no fault of the input.
    const { user, system } = process.cpuUsage(cpu);
    if (took > LONGEST && (user + system) / 1000 > LONGEST / 2) failures.push(`seed ${seed + inputs}: took ${took} ms`);
  }
  return { inputs, refused, slowest, failures };
}
