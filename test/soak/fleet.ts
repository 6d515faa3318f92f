// Usage: bun run soak:fleet [-- --rollouts N] [--members N] [--store sqlite|postgres|redis] [--seed N]
//
// Real hosts on a real store: each rollout has one random fault in it, and the whole history is checked against rules F1 to
// F3 by what members themselves answered.
import { parseArgs } from "node:util";
import { soakFleet } from "../fleet/soak/run.ts";
import type { StoreKind } from "../fleet/soak/place.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { rollouts: text, members: text, store: text, seed: text } });
const kinds: readonly StoreKind[] = ["sqlite", "postgres", "redis"];
const chosen = values.store === undefined ? kinds : kinds.filter((kind) => kind === values.store);
if (chosen.length === 0) throw new RangeError(`--store is one of ${kinds.join(", ")}, not ${values.store}`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 32));
const [rollouts, members] = [Number(values.rollouts ?? 300), Number(values.members ?? 20)];
for (const [name, value] of Object.entries({ seed, rollouts, members })) {
  if (!Number.isInteger(value) || value < 0) throw new RangeError(`--${name} must be a whole number, not ${value}`);
}

let failed = false;
for (const kind of chosen) {
  console.log(`${kind}: ${rollouts} rollouts on ${members} members, --seed ${seed}`);
  const problems = await soakFleet(kind, { rollouts, members, seed, interval: 60, say: console.log });
  for (const problem of problems) console.error(`FAILED: ${kind}: ${problem}`);
  failed ||= problems.length > 0;
}
if (!failed) console.log("passed");
process.exit(failed ? 1 : 0);
