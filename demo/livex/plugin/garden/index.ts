import { definePlugin, wrap } from "hotswap";
import { queue } from "../../host/queue.ts";
import { Live_Tulip } from "./tulip.ts";

/** Put in by the build flag `--define`. */
declare const BUILD_MARK: string;

export default definePlugin({
  functions: {
    /** Asks for two jobs to be done some time, by whoever has the code then. */
    sow() {
      queue.add("live_rain", wrap({ litres: 3, sownBy: BUILD_MARK }));
      queue.add("Live_Tulip", Object.assign(new Live_Tulip(), { height: 40, sownBy: BUILD_MARK }));
    },
  },
});
