// Usage: bun run soak:fleet-load [-- --seconds N] [--members N] [--interval MS] [--store sqlite|postgres|redis]
//
// HTTP load on all hosts of a fleet: a quiet time, and as long a time with one rollout after the other. Fails when a request
// does. Each member is asked every so many ms. At the end it says where the time of the rollouts went.
import { parseArgs } from "node:util";
import { isOver } from "hotswap/fleet";
import type { StoreKind } from "../fleet/soak/place.ts";
import { Random } from "../fleet/soak/random.ts";
import { SoakFleet } from "../fleet/soak/soak-fleet.ts";
import { Timeline } from "../fleet/soak/timeline.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { seconds: text, members: text, interval: text, store: text } });
const [seconds, members] = [Number(values.seconds ?? 60), Number(values.members ?? 20)];
const interval = Number(values.interval ?? 20);
const kind = (values.store ?? "sqlite") as StoreKind;

await using soak = await SoakFleet.start(kind, { members, random: new Random(1), interval, say: console.log });

function percentile(sorted: readonly number[], part: number): string {
  return `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)} ms`;
}

async function measured(what: string, work: () => Promise<void>): Promise<void> {
  for (const member of soak.members) member.latencies = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) await work();
  const sorted = soak.members.flatMap(({ latencies }) => latencies).toSorted((one, other) => one - other);
  console.log(
    `${what}: ${sorted.length} requests, p50 ${percentile(sorted, 0.5)}, p99 ${percentile(sorted, 0.99)}, most ${percentile(sorted, 1)}`,
  );
}

await measured("quiet", () => Bun.sleep(100));
let rollouts = 0;
const timeline = new Timeline(soak.fleet);
await measured("rollouts", async () => {
  const { id } = await soak.fleet.roll(await soak.publish());
  for (let over = false; !over; await Bun.sleep(20)) {
    const rollout = await soak.fleet.rollout(id);
    over = rollout !== undefined && isOver(rollout);
    if (over && rollout?.state.is === "committed") await timeline.add(rollout);
  }
  rollouts++;
  await Bun.sleep(1000);
});
console.log(`${rollouts} rollouts on ${members} members (${kind}): ${soak.failed} failed requests`);
console.log(timeline.summary());
process.exitCode = soak.failed === 0 ? 0 : 1;
