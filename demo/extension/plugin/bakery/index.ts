import { definePlugin, type Vault } from "hotswap";
import type { Menu } from "../../host/menu.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

/** The host looks it up. */
export const buildMark = BUILD_MARK;

export default definePlugin({
  onInit({ extension: menu }: Vault<Menu>) {
    menu.add({ name: "bread", price: 2, cook: "bakery" });
  },
  functions: {
    make: (dish: string) => `a loaf of ${dish}`,
  },
});
