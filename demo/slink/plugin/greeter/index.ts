import { definePlugin, dependency } from "hotswap";
import type { ClockExport } from "../../contracts.ts";

/** Put in by the build flag `--define`; linked statically, it is not there. */
declare const BUILD_MARK: string | undefined;

export const buildMark = typeof BUILD_MARK === "string" ? BUILD_MARK : "static";

const deps = { clock: dependency<ClockExport>("partOfDay") };

export default definePlugin({
  import: () => deps,
  functions: {
    greet(name: string) {
      const partOfDay = deps.clock.partOfDay();
      return `Good ${partOfDay}, ${name}!`;
    },
  },
});
