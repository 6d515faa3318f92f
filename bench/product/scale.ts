// The product's host in scale: `scale.ts PLUGINS ROUNDS` loads that many small plugins, which all depend on one,
// reloads some of them, and prints times in ms and memory in bytes as JSON.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { ControlClient } from "../../src/control/client.ts";
import { dashboard } from "../../src/dashboard/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { numbered, Stamp } from "../harness/stamp.ts";
import { residentMemory } from "../hosts/shared/memory.js";

const [plugins, rounds] = process.argv.slice(2).map(Number) as [number, number];
const root = process.cwd();
const outputDir = join(root, "bin");
const name = (index: number): string => numbered("plugin", index);
const mark = (number: number): string => numbered("mark", number);
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

const sources = {
  base: `import { definePlugin } from "hotswap";
export default definePlugin({ export: () => ({ double: (value: number) => 2 * value }) });
`,
  [name(0)]: `import { definePlugin, dependency } from "hotswap";
const deps = { base: dependency<{ double(value: number): number }>("double") };
export default definePlugin({
  import: () => deps,
  functions: { handle: (value: number) => "${mark(0)}:" + deps.base.double(value) },
});
`,
};
let template = "";
for (const [plugin, source] of Object.entries(sources)) {
  await Bun.write(join(root, plugin, "index.ts"), source);
  template = (await build({ pluginDir: join(root, plugin), outputDir })).file;
}
const stamp = await Stamp.of(template, name(0), mark(0));
const publish = (index: number, version: number): void => stamp.publish(name(index), name(index), mark(version));
// One of the plugins is "base".
const count = plugins - 1;
for (let index = 0; index < count; index++) publish(index, 0);

const control = join(root, "control.sock");
const swapper = new PluginManagerSwapper(outputDir, { logger: quiet, root, freeDelay: 0, history: 1, control });
const result = {
  load: 0,
  memory: 0,
  unchanged: [] as number[],
  leaf: [] as number[],
  all: [] as number[],
  folder: [] as number[],
  leafSteps: {} as Record<string, number>,
  status: [] as number[],
  statusSize: 0,
  page: [] as number[],
  pageSize: 0,
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What reading the folder costs at least: its list, and each file's size, time and inode. */
async function readFolder(): Promise<void> {
  const names = await readdir(outputDir);
  await Promise.all(names.map((file) => stat(join(outputDir, file))));
}

async function checked(index: number, version: number): Promise<void> {
  const answer = String(swapper.current?.findPlugin(name(index))?.invokeFunc("handle", 21));
  if (answer !== `${mark(version)}:42`) throw new Error(`${name(index)} answers ${answer}, not version ${version}`);
  // What was swapped out is freed in the background.
  await Bun.sleep(20);
}

const before = residentMemory();
result.load = await timed(() => swapper.loadPlugins());
result.memory = residentMemory() - before;
let version = 0;
for (let round = -1; round < rounds; round++) {
  const folder = await timed(readFolder);
  const unchanged = await timed(() => swapper.reload());
  version++;
  publish(0, version);
  const leaf = await timed(async () => {
    const { timings } = await swapper.reload();
    result.leafSteps = { ...timings };
  });
  await checked(0, version);
  if (round < 0) continue;
  result.folder.push(folder);
  result.unchanged.push(unchanged);
  result.leaf.push(leaf);
}
for (let round = 0; round < Math.min(rounds, 2); round++) {
  version++;
  for (let index = 0; index < count; index++) publish(index, version);
  result.all.push(await timed(() => swapper.reload()));
  await checked(count - 1, version);
}
const client = new ControlClient(control);
using board = dashboard(swapper);
const lastName = `"${name(count - 1)}"`;

/** The first state that a page gets: how many characters come until the last plugin is among them. */
async function openPage(): Promise<number> {
  const { body } = await board.fetch(new Request("http://localhost/feed", { headers: { host: "localhost" } }));
  let text = "";
  for await (const part of body ?? []) {
    text += typeof part === "string" ? part : Buffer.from(part).toString();
    if (text.includes(lastName)) return text.length;
  }
  throw new Error(`the page does not get the last plugin: ${text.slice(0, 200)}`);
}

for (let round = -1; round < rounds; round++) {
  const status = await timed(async () => {
    result.statusSize = JSON.stringify(await client.status()).length;
  });
  const page = await timed(async () => {
    result.pageSize = await openPage();
  });
  if (round < 0) continue;
  result.status.push(status);
  result.page.push(page);
}
process.stdout.write(JSON.stringify(result));
process.exit(0);
