// The product's host in save-to-live: watches `plugin/` in its working directory, builds in process and reloads.
import { join } from "node:path";
import { createBuilder } from "../../src/build/index.ts";
import { PluginManagerSwapper } from "../../src/index.ts";
import { onChange } from "../hosts/shared/on-change.ts";
import { serve } from "../hosts/shared/serve-bun.ts";

const pluginDir = join(process.cwd(), "plugin");
const outputDir = join(process.cwd(), "bin");
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };

const builder = createBuilder({ pluginDir, outputDir });
await builder.build();
// Without a rest between reloads, as under `hotswap dev`: while somebody writes code, nobody is to be spared a reload.
const swapper = new PluginManagerSwapper(outputDir, {
  logger: quiet,
  root: process.cwd(),
  freeDelay: 0,
});
await swapper.loadPlugins();
onChange(pluginDir, async () => {
  await builder.build();
  await swapper.reload();
});
serve(() => String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle")));
