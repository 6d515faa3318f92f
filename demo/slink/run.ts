// The same program with and without static linking.
//
//     bun run demo/slink/run.ts            loads its plugins from files, and can reload them (reload.ts)
//     bun run demo/slink/run.ts --static   has its plugins compiled in
//
// Compiled in, a plugin is ordinary code of the program: a debugger stops in its source (`bun --inspect`), and
// `bun build --compile` makes one executable of it all. It cannot be reloaded then.
import { PluginManagerSwapper, type StaticPlugin } from "hotswap";
import { buildStatic } from "hotswap/build";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildPlugins } from "../kit/build.ts";
import { line } from "../kit/line.ts";
import { placeOf } from "../kit/place.ts";
import { runServer } from "../kit/run-server.ts";
import type greeter from "./plugin/greeter/index.ts";

const demo = import.meta.dir;
const isStatic = process.argv.includes("--static");
const swapper = isStatic
  ? new PluginManagerSwapper("", { staticPlugins: await linkStatically() })
  : new PluginManagerSwapper(placeOf(demo).plugins);

if (!isStatic) await buildPlugins(demo);
await swapper.loadPlugins();

// From here on there is no difference.
await runServer({
  demo,
  swapper,
  lines() {
    const plugin = swapper.current?.findPlugin<typeof greeter>("greeter");
    if (plugin === undefined) return [];
    return [line("greeter", plugin.lookup("buildMark"), swapper.reloadCounter, plugin.invokeFunc("greet", "world"))];
  },
});

/**
 * What `hotswap build --staticLinking` does. A program that is only ever linked statically runs that before it is
 * started or compiled, and imports the generated module as any other:
 *
 *     import { staticPlugins } from "./static/index.ts";
 */
async function linkStatically(): Promise<Record<string, StaticPlugin>> {
  const outputDir = join(placeOf(demo).bin, "static");
  await mkdir(outputDir, { recursive: true });
  await buildStatic({ pluginDir: join(demo, "plugin", "clock"), outputDir });
  const { aggregate } = await buildStatic({ pluginDir: join(demo, "plugin", "greeter"), outputDir });
  const { staticPlugins } = (await import(aggregate)) as { staticPlugins: Record<string, StaticPlugin> };
  return staticPlugins;
}
