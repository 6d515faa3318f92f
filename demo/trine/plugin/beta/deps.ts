import { dependency } from "hotswap";
import type { AlphaExport } from "../../contracts.ts";

/** Filled when the plugins are linked; any module of the plugin may import it. */
export const deps = {
  alpha: dependency<AlphaExport>("one"),
};
