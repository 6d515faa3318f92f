import { definePlugin } from "hotswap";
import type { AlphaExport } from "../../contracts.ts";
import { say } from "../../host/say.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

export default definePlugin({
  export: (): AlphaExport => ({ one }),
});

function one(): string[] {
  return [say("alpha", BUILD_MARK, "one")];
}
