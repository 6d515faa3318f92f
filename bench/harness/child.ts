// One benchmark in a process of its own: `child.ts NAME RESULT [--quick]` writes the section to RESULT as JSON. It leads a process
// group, which ends when its input does: then nobody waits for the result any more.
import { suites } from "../suites/index.ts";

void Bun.stdin.text().then(() => process.kill(-process.pid, "SIGKILL"));
const [name = "", result = "", mode] = process.argv.slice(2);
const suite = suites[name];
if (suite === undefined) throw new Error(`no benchmark is called ${name}`);
const section = await suite.measure({ quick: mode === "--quick", log: (message) => console.error(`  ${message}`) });
await Bun.write(result, JSON.stringify(section));
// A benchmark may leave timers of code that it loaded.
process.exit(0);
