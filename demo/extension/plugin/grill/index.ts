import { definePlugin, type Vault } from "hotswap";
import type { Menu } from "../../host/menu.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

/** The host looks it up. */
export const buildMark = BUILD_MARK;

export default definePlugin({
  onInit({ extension: menu }: Vault<Menu>) {
    menu.add({ name: "steak", price: 12, cook: "grill" });
    menu.add({ name: "corn", price: 4, cook: "grill" });
  },
  functions: {
    make: (dish: string) => `a grilled ${dish}`,
  },
});
