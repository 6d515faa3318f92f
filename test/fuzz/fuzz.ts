import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Outcome } from "./target.ts";
import { targets } from "./targets.ts";

/*
 * bun run fuzz [--seconds 30] [--seed N] [--target NAME]
 *
 * Feeds everything that takes input from outside with input that is wrong, each target for so many seconds in a process of its
 * own. Exits with 1 when a process crashed or hung, an input took over 2 s, an error had no code, code ran from a name, or a set
 * was lost; says the seed by which the input comes again.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    target: { type: "string" },
  },
});
const seconds = Number(values.seconds);
console.log(`seed ${values.seed}, ${seconds} s for each target`);
let [inputs, failed, time] = [0, false, 0];
for (const name of values.target === undefined ? Object.keys(targets) : [values.target]) {
  const start = performance.now();
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "run-target.ts"), name, values.seed, String(seconds)],
    {
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const patience = setTimeout(() => child.kill("SIGKILL"), (seconds + 120) * 1000);
  const text = await child.stdout.text();
  await child.exited;
  clearTimeout(patience);
  time += performance.now() - start;
  if (child.exitCode !== 0) {
    failed = true;
    console.log(`${name}: FAILED: ended by ${child.signalCode ?? child.exitCode}; ${text}`);
    continue;
  }
  const outcome = JSON.parse(text.trim().split("\n").at(-1) ?? "") as Outcome;
  inputs += outcome.inputs;
  failed ||= outcome.failures.length > 0;
  console.log(
    `${name}: ${outcome.inputs} inputs, ${outcome.refused} refused, slowest ${outcome.slowest.toFixed(0)} ms, ${outcome.failures.length} failures`,
  );
  for (const failure of outcome.failures) console.log(`  ${failure}`);
}
console.log(`${inputs} inputs, ${Math.round((inputs / time) * 3_600_000)} an hour: ${failed ? "FAILED" : "passed"}`);
process.exitCode = failed ? 1 : 0;
