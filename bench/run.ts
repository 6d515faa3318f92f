// `bun run bench [NAME...] [--quick | --compare]`: measures, and writes results.md, results.json, chart.svg and history.jsonl.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine, load, now } from "./harness/machine.ts";
import { pinned } from "./harness/pinning.ts";
import { appendHistory, compareRuns, type HistoryEntry, historyEntry, lastRun, readHistory } from "./report/history.ts";
import { renderSection } from "./report/markdown.ts";
import { saveResults, type Measured } from "./report/results.ts";
import type { Section } from "./report/section.ts";

const usage = `Usage: bun run bench [NAME...] [--quick | --compare]

Measures everything, or only what is named, writes bench/results.md, bench/results.json and bench/chart.svg, and adds the
run to bench/history.jsonl.
  --compare  tells what became slower than in the last run on this machine, by more than the noise, and ends with 1
             if something did; it writes nothing
  --quick    a run of seconds that shows that everything works; it writes nothing
`;

const { values, positionals } = readArguments();
if (values.help) {
  process.stdout.write(usage);
  process.exit(0);
}
if (values.quick && values.compare) fail("--quick measures too little to be compared: leave out one of them");
// What cannot be read is said before minutes are spent.
const history = values.compare ? readHistory() : [];
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
const machine = describeMachine();
const entries = Object.entries(measured).map(([name, result]) => historyEntry(name, machine, result));
let isSlower = false;
if (values.compare) {
  for (const entry of entries) if (!compareWithLast(entry)) isSlower = true;
} else if (!values.quick && entries.length > 0) {
  for (const line of saveResults(machine, measured, Object.keys(suites))) console.error(line);
  appendHistory(entries);
}
if (failed.length > 0) fail(`failed: ${failed.join(", ")}`);
if (isSlower) process.exit(1);

/** Prints what differs from the last run; `false` when something is worse. */
function compareWithLast(entry: HistoryEntry): boolean {
  const last = lastRun(history, entry);
  if (last === undefined) {
    console.error(`${entry.benchmark}: no run on this machine to compare with: run it without --compare`);
    return true;
  }
  const { worse, better } = compareRuns(last, entry);
  console.error(`${entry.benchmark}, beside ${last.date} (load ${last.load}; now ${entry.load}):`);
  for (const line of worse) console.error(`  worse   ${line}`);
  for (const line of better) console.error(`  better  ${line}`);
  if (worse.length + better.length === 0) console.error("  nothing differs by more than the noise");
  return worse.length === 0;
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        compare: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
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

/**
 * Runs one benchmark in a process of its own, so that none inherits another's heap and compiled code. Whatever ends this process,
 * that one ends with all that it started: its input is over then. When we are told to end, what it wrote is removed, too.
 */
async function measure(name: string): Promise<Section | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "hotswap-bench-"));
  const result = join(folder, "section.json");
  const command = [process.execPath, join(import.meta.dir, "harness", "child.ts"), name, result];
  if (values.quick) command.push("--quick");
  const child = Bun.spawn(suites[name]?.pinned === true ? pinned(command) : command, {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...process.env, TMPDIR: folder },
    // A process group of its own.
    detached: true,
  });
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    void child.stdin.end();
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
    process.exit(128 + constants.signals[signal]);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, end);
  try {
    const exit = await child.exited;
    return exit === 0 && existsSync(result) ? (JSON.parse(readFileSync(result, "utf8")) as Section) : undefined;
  } finally {
    for (const signal of signals) process.off(signal, end);
    rmSync(folder, { recursive: true, force: true });
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
