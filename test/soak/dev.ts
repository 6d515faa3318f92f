/*
 * `bun run soak:dev [SECONDS] [SEED]`: a project under `hotswap dev` is edited at random, an hour unless given. What goes wrong
 * names its seed.
 */
import { soakDev } from "./dev-loop.ts";

const [seconds = 3600, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
const { edits, comparisons, restarts, problems } = await soakDev(seconds, seed, (line) => console.log(line));
for (const problem of problems) console.error(`FAILED: ${problem}`);
console.log(
  `${edits} edits, ${comparisons} comparisons, ${restarts} restarts, seed ${seed}: ${problems.length === 0 ? "passed" : "FAILED"}`,
);
process.exit(problems.length === 0 ? 0 : 1);
