import { PluginManagerSwapper } from "hotswap";
import { join } from "node:path";

const bin = join(import.meta.dir, "..", "bin");

/** The one object that the host keeps. Through `control` other processes can have it reload, or roll back. */
export const swapper = new PluginManagerSwapper(join(bin, "plugins"), {
  freeDelay: 1000,
  control: join(bin, "control"),
});
