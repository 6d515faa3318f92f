// The product's host in memory: `memory.ts RELOADS MODE` reloads a changed plugin again and again, and prints samples of its
// resident memory. MODE is `plain`, `observed` (every call is counted) or `fleet` (each reload is a rollout of a fleet of one).
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { Fleet, joinFleet, prune, publish, sqliteFleet } from "../../src/fleet/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { heavyEntry } from "../harness/source.ts";
import { numbered, Stamp } from "../harness/stamp.ts";
import { residentMemory } from "../hosts/shared/memory.js";

const reloads = Number(process.argv[2]);
const mode = process.argv[3] ?? "plain";
const mark = (number: number): string => numbered("mark", number);
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const root = process.cwd();
const pluginDir = join(root, "plugin");
const outputDir = join(root, "bin");
mkdirSync(pluginDir);
await Bun.write(join(pluginDir, "index.ts"), heavyEntry({ language: "ts", definition: true }, mark(0)));
const { file } = await build({ pluginDir, outputDir });
const stamp = await Stamp.of(file, mark(0));
// Thousands of reloads a minute would else measure how many old generations wait for their time to come.
const swapper = new PluginManagerSwapper(outputDir, {
  logger: quiet,
  root,
  freeDelay: 0,
  leakAfter: 1000,
  observe: mode === "observed" ? "calls" : "errors",
});

/** Makes the plugin say another number. */
type Reload = (number: number) => Promise<void>;

async function alone(): Promise<Reload> {
  await swapper.loadPlugins();
  return async (number) => {
    stamp.publish("plugin", mark(number));
    await swapper.reload();
  };
}

async function inFleet(): Promise<Reload> {
  const store = sqliteFleet(join(root, "fleet.db"));
  const fleet = new Fleet(store, "sample");
  await publish(fleet, outputDir);
  await fleet.roll(1);
  const member = await joinFleet(swapper, { fleet: "sample", store });
  return async (number) => {
    stamp.publish("plugin", mark(number));
    const release = await publish(fleet, outputDir);
    await fleet.roll(release.number);
    while (member.release !== release.number || (await fleet.now()).rollout !== null) await Bun.sleep(1);
    if (number % 10 === 0) await prune(fleet, { keep: 2 });
  };
}

const reload = await (mode === "fleet" ? inFleet() : alone());
const samples = { reloads: [] as number[], resident: [] as number[] };
const every = Math.max(1, Math.floor(reloads / 100));
for (let number = 1; number <= reloads; number++) {
  await reload(number);
  if (number % every !== 0) continue;
  const answer = String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle"));
  if (!answer.startsWith(mark(number))) throw new Error(`reload ${number} answers ${answer}`);
  // What was swapped out is freed in the background.
  await Bun.sleep(20);
  samples.reloads.push(number);
  samples.resident.push(residentMemory());
}
process.stdout.write(JSON.stringify(samples));
process.exit(0);
