import { definePlugin } from "hotswap";

/** Put in by the build: which release this is, and what it is like. */
declare const RELEASE: number;
declare const TEMPER: "good" | "refuses on worker-3" | "misbehaves";

export default definePlugin({
  onLoad(worker) {
    if (TEMPER === `refuses on ${String(worker)}`) throw new Error(`not on ${String(worker)}`);
  },
  functions: {
    release: () => RELEASE,
    greet() {
      // It answers, and something goes wrong behind it: nobody who asked would notice.
      if (TEMPER === "misbehaves") queueMicrotask(fail);
      return `hello from release ${RELEASE}`;
    },
  },
});

function fail(): never {
  throw new Error("the greeting could not be counted");
}
