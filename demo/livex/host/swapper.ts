import { PluginManagerSwapper } from "hotswap";
import { join } from "node:path";

/** The one object that the host keeps. `freeDelay` is short so that old code is seen to go. */
export const swapper = new PluginManagerSwapper(join(import.meta.dir, "..", "bin", "plugins"), { freeDelay: 1000 });
