// The product's host in memory: `memory.ts RELOADS MODE` reloads a changed plugin again and again, and prints samples of its
// resident memory and its heap. MODE is `plain`, `observed` (every call is counted), `fleet` (each reload is a rollout of a fleet of one), or `dev`
// (each reload is a save, which the host's own process builds as under `hotswap dev`).
import { heapStats } from "bun:jsc";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { ReportServer } from "../../src/dev/report-server.ts";
import { Fleet, joinFleet, prune, publish, sqliteFleet } from "../../src/fleet/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { DEV_VARIABLE, type DevEnvironment } from "../../src/reload/dev-environment.ts";
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
/** Tells of each reload, under development. */
let reloaded = Promise.withResolvers<void>();
if (mode === "dev") developHere();
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

async function stamped(): Promise<Stamp> {
  const { file } = await build({ pluginDir, outputDir });
  return Stamp.of(file, mark(0));
}

/** Does to this process what `hotswap dev` does to a host. */
function developHere(): void {
  const [control, reports] = [join(root, "control.sock"), join(root, "reports.sock")];
  const builds = { plugins: [pluginDir], build: { outputDir }, write: false };
  const environment: DevEnvironment = { pid: process.pid, control, reports, outputDir, builds };
  const server = new ReportServer(reports, ({ type }) => {
    if (type === "reloaded") reloaded.resolve();
  });
  process.once("exit", () => server[Symbol.dispose]());
  process.env[DEV_VARIABLE] = JSON.stringify(environment);
}

async function developed(): Promise<Reload> {
  await swapper.loadPlugins();
  await reloaded.promise;
  return async (number) => {
    reloaded = Promise.withResolvers();
    await Bun.write(join(pluginDir, "index.ts"), heavyEntry({ language: "ts", definition: true }, mark(number)));
    await reloaded.promise;
  };
}

async function alone(): Promise<Reload> {
  const stamp = await stamped();
  await swapper.loadPlugins();
  return async (number) => {
    stamp.publish("plugin", mark(number));
    await swapper.reload();
  };
}

async function inFleet(): Promise<Reload> {
  const stamp = await stamped();
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

const modes: Readonly<Record<string, () => Promise<Reload>>> = {
  plain: alone,
  observed: alone,
  fleet: inFleet,
  dev: developed,
};
const begin = modes[mode];
if (begin === undefined) throw new Error(`there is no mode ${mode}`);
const reload = await begin();
const samples = { reloads: [] as number[], resident: [] as number[], heap: [] as number[] };
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
  samples.heap.push(heapStats().heapSize);
}
process.stdout.write(JSON.stringify(samples));
process.exit(0);
