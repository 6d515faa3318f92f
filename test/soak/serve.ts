/* `bun run soak:serve [RELOADS] [FRAMEWORK...]`: apps of frameworks as plugins, reloaded under load; 50 times unless given. */
import { frameworks } from "../serve/app-host.ts";
import { loadApp } from "./serve-load.ts";

const [count = "50", ...names] = process.argv.slice(2);
let failed = 0;
for (const framework of frameworks) {
  if (names.length > 0 && !names.includes(framework)) continue;
  const { requests, frames, failures } = await loadApp(framework, Number(count));
  console.log(`${framework}: ${count} reloads, ${requests} requests, ${frames} frames, ${failures.length} failed`);
  for (const failure of failures.slice(0, 5)) console.log(`  ${failure}`);
  failed += failures.length;
}
console.log(failed === 0 ? "passed" : "FAILED");
process.exit(failed === 0 ? 0 : 1);
