import { definePlugin } from "hotswap";
import { say } from "../../host/say.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

let greetings = 0;

export default definePlugin({
  functions: {
    greet(name: string) {
      greetings++;
      say("english", BUILD_MARK, `Hello, ${name}! ${greetings} by this build`);
    },
  },
});
