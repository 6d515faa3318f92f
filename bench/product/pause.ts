// The product's host in pause: `pause.ts PLUGINS FUNCTIONS ROUNDS` reloads that many changed plugins and prints,
// in ms, the longest stalls of the event loop, with the same for an idle loop, and the longest of as many evaluations of an
// artifact alone.
import { copyFileSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as hotswap from "../../src/index.ts";
import { BRIDGE_GLOBAL } from "../../src/artifact/manifest.ts";
import { artifactFile } from "../../src/artifact/publish.ts";
import { build } from "../../src/build/index.ts";
import { heavyEntry } from "../harness/source.ts";
import { numbered, Stamp } from "../harness/stamp.ts";

const [plugins, functions, rounds] = process.argv.slice(2).map(Number) as [number, number, number];
const root = process.cwd();
const name = (index: number): string => numbered("plugin", index);
const mark = (number: number): string => numbered("mark", number);
const pluginDir = join(root, name(0));
const outputDir = join(root, "bin");
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

await Bun.write(
  join(pluginDir, "index.ts"),
  heavyEntry({ language: "ts", definition: true }, mark(0), { functions, state: 1024 }),
);
const { file } = await build({ pluginDir, outputDir });
const stamp = await Stamp.of(file, name(0), mark(0));
let version = 0;
function change(): void {
  version++;
  for (let index = 0; index < plugins; index++) stamp.publish(name(index), name(index), mark(version));
}

change();
const swapper = new hotswap.PluginManagerSwapper(outputDir, { logger: quiet, root, freeDelay: 0 });
await swapper.loadPlugins();

/** The longest time between two turns of the event loop while `work` goes on, and how long that took. */
async function watched(work: () => Promise<unknown>): Promise<{ stall: number; duration: number }> {
  let stall = 0;
  let running = true;
  const start = performance.now();
  let last = start;
  const turn = (): void => {
    const now = performance.now();
    stall = Math.max(stall, now - last);
    last = now;
    if (running) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  running = false;
  const end = performance.now();
  return { stall: Math.max(stall, end - last), duration: end - start };
}

mkdirSync(join(root, "alone"));
/**
 * Evaluates the newest artifact of each plugin in a graph of its own, as the loader does, each in a turn of its own; the
 * longest, in ms: one evaluation takes now this long, now that, and the longest of a hundred is not the usual one.
 */
async function evaluateAlone(): Promise<number> {
  let longest = 0;
  for (let index = 0; index < plugins; index++) longest = Math.max(longest, await evaluateOne(index));
  return longest;
}

async function evaluateOne(index: number): Promise<number> {
  const copy = join(root, "alone", `${version}-${index}.mjs`);
  copyFileSync(artifactFile(outputDir, name(index)), copy);
  await new Promise((resolve) => setImmediate(resolve));
  const namespace = { ...hotswap };
  const bridge = { module: () => namespace, live: () => namespace, import: async () => namespace };
  const graph = new Bun.ModuleGraph({ globals: { [BRIDGE_GLOBAL]: bridge } });
  const start = performance.now();
  await graph.import(copy);
  const time = performance.now() - start;
  graph.dispose();
  rmSync(copy);
  return time;
}

const result = {
  size: statSync(file).size,
  stall: [] as number[],
  duration: [] as number[],
  idle: [] as number[],
  evaluation: [] as number[],
};
for (let round = -1; round < rounds; round++) {
  change();
  const { stall, duration } = await watched(() => swapper.reload());
  await swapper.drained();
  await Bun.sleep(50);
  const idle = await watched(() => Bun.sleep(Math.min(duration, 200)));
  const evaluation = await evaluateAlone();
  if (round < 0) continue;
  result.stall.push(stall);
  result.duration.push(duration);
  result.idle.push(idle.stall);
  result.evaluation.push(evaluation);
}
process.stdout.write(JSON.stringify(result));
process.exit(0);
