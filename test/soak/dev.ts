/*
 * `bun run soak:dev [SECONDS] [SEED] [REST]`: a project under `hotswap dev` is edited at random, an hour unless given, with pauses
 * of at most REST ms between the bursts, none unless given. What goes wrong names its seed.
 */
import { soakDev } from "./dev-loop.ts";

const [seconds = 3600, seed = Date.now() % 1_000_000, rest = 0] = process.argv.slice(2).map(Number);
const { edits, comparisons, restarts, problems } = await soakDev(seconds, seed, (line) => console.log(line), rest);
for (const problem of problems) console.error(`FAILED: ${problem}`);
console.log(
  `${edits} edits, ${comparisons} comparisons, ${restarts} restarts, seed ${seed}: ${problems.length === 0 ? "passed" : "FAILED"}`,
);
process.exit(problems.length === 0 ? 0 : 1);
