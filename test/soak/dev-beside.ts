import { soakDev, type SoakResult } from "./dev-loop.ts";

/** In s; `bun run soak:dev` takes an hour. */
const TIME = 120;

/** In ms: the longest pause between two bursts. The tests beside it need the processors. */
const REST = 3000;

/** Two minutes of random editing that take little processor time. Prints the command that does the same edits again. */
export function soakBeside(): Promise<SoakResult> {
  const seed = Date.now() % 1_000_000;
  console.log(`random edits under hotswap dev for ${TIME} s; the same again: bun run soak:dev ${TIME} ${seed} ${REST}`);
  return soakDev(TIME, seed, () => undefined, REST);
}
