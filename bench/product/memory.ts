// The product's host in memory: reloads a changed plugin again and again, and prints samples of its resident memory.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { heavyEntry } from "../harness/source.ts";
import { numbered, Stamp } from "../harness/stamp.ts";
import { residentMemory } from "../hosts/shared/memory.js";

const reloads = Number(process.argv[2]);
const mark = (number: number): string => numbered("mark", number);
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const root = process.cwd();
const pluginDir = join(root, "plugin");
mkdirSync(pluginDir);
await Bun.write(join(pluginDir, "index.ts"), heavyEntry({ language: "ts", definition: true }, mark(0)));
const { file } = await build({ pluginDir, outputDir: join(root, "bin") });
const stamp = await Stamp.of(file, mark(0));
// Thousands of reloads a minute would else measure how many old generations wait for their time to come.
const swapper = new PluginManagerSwapper(join(root, "bin"), { logger: quiet, root, freeDelay: 0, leakAfter: 1000 });
await swapper.loadPlugins();

const samples = { reloads: [] as number[], resident: [] as number[] };
const every = Math.max(1, Math.floor(reloads / 100));
for (let number = 1; number <= reloads; number++) {
  stamp.publish("plugin", mark(number));
  await swapper.reload();
  if (number % every !== 0) continue;
  const answer = String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle"));
  if (!answer.startsWith(mark(number))) throw new Error(`reload ${number} answers ${answer}`);
  // What was swapped out is freed in the background.
  await Bun.sleep(20);
  samples.reloads.push(number);
  samples.resident.push(residentMemory());
}
await swapper.close();
process.stdout.write(JSON.stringify(samples));
process.exit(0);
