import { definePlugin } from "hotswap";
import { say } from "../../host/say.ts";
import { deps } from "./deps.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

export default definePlugin({
  import: () => deps,
  functions: {
    three(): string[] {
      return [...deps.beta.two(), say("gamma", BUILD_MARK, "two and one is three")];
    },
  },
});
