/* Builds every plugin of the project in this folder anew, loads what could be built, and prints what each says. */
import { PluginManagerSwapper } from "hotswap";
import { build } from "hotswap/build";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";

const out = `fresh-${process.pid}`;
mkdirSync(out);
const states: Record<string, unknown> = {};
for (const name of readdirSync("plugin")) {
  if (!existsSync(`plugin/${name}/index.ts`)) continue;
  try {
    await build({ pluginDir: `plugin/${name}`, outputDir: out });
  } catch {
    states[name] = "cannot be built";
  }
}
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const swapper = new PluginManagerSwapper(out, { logger: quiet });
await swapper.loadPlugins();
for (const { name } of swapper.current?.plugins ?? []) {
  states[name] = swapper.current?.findPlugin(name)?.invokeFunc("state");
}
await swapper.close();
rmSync(out, { recursive: true });
console.log(JSON.stringify(states));
