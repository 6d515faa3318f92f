/*
 * Loads the plugins of a project and prints what one of them got when it asked for packages, as JSON:
 *
 *     bun ask-for-packages.ts <root>
 */
import { join } from "node:path";
import { PluginManagerSwapper } from "hotswap";

const [root = ""] = process.argv.slice(2);
await using swapper = new PluginManagerSwapper(join(root, "bin"), { root, freeDelay: 0 });
await swapper.loadPlugins();
process.stdout.write(JSON.stringify(await swapper.current?.findPlugin("alpha")?.invokeFunc("ask")));
