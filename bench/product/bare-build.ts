// `bare-build.ts ENTRY OUTPUT`: the least that a command written for Bun has to do to bundle a plugin.
import { argv } from "node:process";

const [entry = "", output = ""] = argv.slice(2);
const { outputs } = await Bun.build({
  entrypoints: [entry],
  target: "bun",
  sourcemap: "inline",
  external: ["hotswap"],
});
const [bundle] = outputs;
if (bundle === undefined) throw new Error(`${entry} could not be bundled`);
await Bun.write(output, bundle);
