import { definePlugin } from "hotswap";
import { say } from "../../host/say.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

let greetings = 0;

export default definePlugin({
  functions: {
    greet(name: string) {
      greetings++;
      say("german", BUILD_MARK, `Hallo, ${name}! ${greetings} by this build`);
    },
  },
});
