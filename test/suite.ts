/* All tests. What takes two minutes, however fast the machine is, begins before them and is awaited by its test. */
import { runBesideSoak } from "./soak/dev-beside.ts";

process.exit(
  await runBesideSoak([process.execPath, "test", "--parallel", "--timeout", "30000", ...process.argv.slice(2)]),
);
