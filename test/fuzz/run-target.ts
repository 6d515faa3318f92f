import { Random } from "./random.ts";
import { attack } from "./target.ts";
import { targets } from "./targets.ts";

/* One target in a process of its own: `bun test/fuzz/run-target.ts <target> <seed> <seconds>`; prints its outcome as JSON. */

const [, , name = "", seed = "1", seconds = "10"] = process.argv;
const create = targets[name];
if (create === undefined) throw new RangeError(`there is no target "${name}": ${Object.keys(targets).join(", ")}`);
await using target = await create();
const end = performance.now() + Number(seconds) * 1000;
const outcome = await attack(
  target,
  Number(seed),
  (each) => new Random(each),
  () => performance.now() > end,
);
console.log(JSON.stringify(outcome));
