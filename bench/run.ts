// `bun run bench [NAME...] [--quick]`: measures, and writes results.md, results.json and chart.svg.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, load, now } from "./harness/machine.ts";
import { pinned } from "./harness/pinning.ts";
import { renderSection } from "./report/markdown.ts";
import { saveResults, type Measured } from "./report/results.ts";
import type { Section } from "./report/section.ts";

const usage = `Usage: bun run bench [NAME...] [--quick]

Measures everything, or only what is named, and writes bench/results.md, bench/results.json and bench/chart.svg.
  --quick   a run of seconds that shows that everything works; it writes nothing
`;

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
setUp();
// After the set-up, because the benchmarks import packages of bench/node_modules.
const { suites } = await import("./suites/index.ts");
const names = positionals.length === 0 ? Object.keys(suites) : positionals;
const unknown = names.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0)
  fail(`no benchmark is called ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}`);

const measured: Record<string, Measured> = {};
const failed: string[] = [];
for (const name of names) {
  console.error(`${name} ...`);
  const [date, loadBefore, start] = [now(), load(), performance.now()];
  const section = await measure(name);
  if (section === undefined) {
    failed.push(name);
    continue;
  }
  measured[name] = { section, date, load: loadBefore };
  console.error(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
  process.stdout.write(`${renderSection(section)}\n`);
}
if (!values.quick && Object.keys(measured).length > 0) {
  for (const line of saveResults(describeMachine(), measured, Object.keys(suites))) console.error(line);
}
if (failed.length > 0) fail(`failed: ${failed.join(", ")}`);

function readArguments() {
  try {
    return parseArgs({
      options: { quick: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
      allowPositionals: true,
    });
  } catch (error) {
    process.stderr.write(usage);
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Installs the peers. Without a registry the benchmarks still run; each reports what is absent. */
function setUp(): void {
  const installed = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], { cwd: import.meta.dir });
  if (installed.success) return;
  const [complaint] = /^error: .*$/m.exec(installed.stderr.toString()) ?? ["for no given reason"];
  console.error(`bun install failed in bench/ (${complaint}): what is not there is left out`);
  if (!existsSync(join(import.meta.dir, "node_modules", "mitata"))) fail("the benchmarks cannot run without mitata");
}

/** Runs one benchmark in a process of its own, so that none inherits another's heap and compiled code. */
async function measure(name: string): Promise<Section | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "hotswap-bench-result-"));
  try {
    const result = join(folder, "section.json");
    const child = [process.execPath, join(import.meta.dir, "harness", "child.ts"), name, result];
    if (values.quick) child.push("--quick");
    const command = suites[name]?.pinned === true ? pinned(child) : child;
    const exit = await Bun.spawn(command, { stdio: ["ignore", "inherit", "inherit"] }).exited;
    return exit === 0 && existsSync(result) ? (JSON.parse(readFileSync(result, "utf8")) as Section) : undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
