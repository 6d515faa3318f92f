// A custom extension on the vault: plugins put their dishes on a menu, which the host reads.
//
// `newExtension` makes a new menu for each set of plugins, and every plugin fills it in `onInit`. So the menu is always
// that of the plugins that are live: a dish that a new build drops is gone, and one of a reload that failed never was.
//
//     bun run demo/extension/run.ts      starts the server; leave it running
//     bun run demo/extension/reload.ts   rebuilds the plugins and has it reload
//
// Put another dish on the menu of a plugin in between.
import { PluginManagerSwapper } from "hotswap";
import { buildPlugins } from "../kit/build.ts";
import { line } from "../kit/line.ts";
import { placeOf } from "../kit/place.ts";
import { runServer } from "../kit/run-server.ts";
import { type Dish, Menu } from "./host/menu.ts";
import type { Cook } from "./host/cook.ts";

const swapper = new PluginManagerSwapper<Menu>(placeOf(import.meta.dir).plugins, { newExtension: () => new Menu() });

await buildPlugins(import.meta.dir);
await swapper.loadPlugins();

/** The menu holds data; who makes a dish is asked for by name, so that the host keeps nothing of a plugin's code. */
function order({ name, price, cook }: Dish): string {
  const plugin = swapper.current?.findPlugin<Cook>(cook);
  if (plugin === undefined) return `nobody makes ${name}`;
  const buildMark = plugin.lookup<string>("buildMark");
  return line(cook, buildMark, swapper.reloadCounter, `${plugin.invokeFunc("make", name)} for ${price} coins`);
}

await runServer({
  demo: import.meta.dir,
  swapper,
  lines: () => Array.from(swapper.current?.vault.extension.dishes ?? [], order),
});
