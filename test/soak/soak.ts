// bun run soak [--count N] [--load] [--apart] [--names]
//
// Reloads a changed plugin back to back and fails when memory grows or a generation is not collected. With --load, a host
// answers HTTP requests and 200 WebSockets through plugins meanwhile, and no request, socket or frame may be lost. With
// --apart, the plugin's modules are kept apart, as `hotswap dev` builds them. With --names, 100 functions are called between
// two reloads, half of them fail, and no name comes again: what is kept of them must not grow.
import { parseArgs } from "node:util";
import { soakLoad } from "./load.ts";
import { soakMemory } from "./memory.ts";
import { soakNames } from "./names.ts";

const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({ options: { count: { type: "string" }, load: flag, apart: flag, names: flag } });
const count = Number(values.count ?? (values.load ? 1000 : 10_000));
if (!Number.isInteger(count) || count < 20)
  throw new RangeError(`--count must be a whole number from 20, not ${values.count}`);

const problems = await (values.load
  ? soakLoad(count)
  : values.names
    ? soakNames(count)
    : soakMemory(count, { apart: values.apart }));
for (const problem of problems) console.error(`FAILED: ${problem}`);
if (problems.length === 0) console.log("passed");
process.exit(problems.length === 0 ? 0 : 1);
