// The product's host in deploy: reloads what is published in `bin/`, and answers with what the plugin says.
import { join } from "node:path";
import { PluginManagerSwapper } from "../../src/index.ts";
import { serve } from "../hosts/shared/serve-bun.ts";

const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const root = process.cwd();
const swapper = new PluginManagerSwapper(join(root, "bin"), { logger: quiet, root, watch: true, freeDelay: 0 });
await swapper.loadPlugins();
serve(() => String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle")));
