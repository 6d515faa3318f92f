// The product's host in pause, over HTTP (`http.ts PAUSE`, ms between two reloads): ten plugins, one of which is changed and reloaded again and again while
// reloading is on (`/on`, `/off`; `/off` answers with the number of reloads so far). `/` calls a plugin.
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { heavyEntry } from "../harness/source.ts";
import { numbered, Stamp } from "../harness/stamp.ts";

const root = process.cwd();
const name = (index: number): string => numbered("plugin", index);
const mark = (number: number): string => numbered("mark", number);
const pluginDir = join(root, name(0));
const outputDir = join(root, "bin");
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

await Bun.write(
  join(pluginDir, "index.ts"),
  heavyEntry({ language: "ts", definition: true }, mark(0), { functions: 50, state: 1024 }),
);
const { file } = await build({ pluginDir, outputDir });
const stamp = await Stamp.of(file, name(0), mark(0));
for (let index = 0; index < 10; index++) stamp.publish(name(index), name(index), mark(0));
const [pause = 0] = process.argv.slice(2).map(Number);
const swapper = new PluginManagerSwapper(outputDir, {
  logger: quiet,
  root,
  freeDelay: 0,
});
await swapper.loadPlugins();

let reloads = 0;
let stop = new AbortController();
let loop: Promise<void> | undefined;

async function reloadBackToBack(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    stamp.publish(name(0), name(0), mark(++reloads));
    await swapper.reload();
    if (pause > 0) await Bun.sleep(pause);
  }
}

Bun.serve({
  port: Number(process.env.PORT),
  hostname: "127.0.0.1",
  async fetch(request) {
    if (request.url.endsWith("/on")) {
      stop = new AbortController();
      loop = reloadBackToBack(stop.signal);
    } else if (request.url.endsWith("/off")) {
      stop.abort();
      await loop;
    } else {
      return new Response(String(swapper.current?.findPlugin(name(0))?.invokeFunc("handle")));
    }
    return new Response(String(reloads));
  },
});
