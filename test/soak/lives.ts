// Lives of hosts, drawn from seeds, until so many steps are over: `bun run soak:lives [STEPS] [FIRST_SEED]`; 50,000 steps from
// a seed of the clock unless given. What goes wrong names its seed: give that one, and it goes wrong again.
import { LifeArtifacts } from "../generations/lives/life-artifacts.ts";
import { Life } from "../generations/lives/life.ts";

/** Steps of one life. */
const LENGTH = 100;

const [total = 50_000, first = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
await using artifacts = await LifeArtifacts.create();
for (let seed = first; (seed - first) * LENGTH < total; seed++) {
  await Life.live(seed, LENGTH, artifacts);
  if ((seed - first) % 50 === 49) console.log(`${(seed - first + 1) * LENGTH} steps, the last of seed ${seed}`);
}
console.log(`${total} steps from seed ${first}: every plugin saw what the contract says`);
