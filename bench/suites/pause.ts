import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { Host } from "../harness/host.ts";
import { pinned } from "../harness/pinning.ts";
import { median, quantile, ratio, show } from "../harness/statistics.ts";
import { type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

const P99_FACTOR = 1.1;
const scripts = join(import.meta.dir, "..", "product");
const loadScript = join(import.meta.dir, "..", "harness", "load.ts");

/** Functions in the source of a plugin: 2 make a small artifact, 2,300 one of 1 MB. */
const SIZES = { small: 2, "1 MB": 2300 };

interface Stalls {
  readonly plugins: number;
  readonly kind: string;
  /** Bytes of the artifact. */
  readonly size: number;
  /** All in ms, one for each round. */
  readonly stall: readonly number[];
  readonly duration: readonly number[];
  readonly idle: readonly number[];
  readonly evaluation: readonly number[];
}

interface Load {
  readonly name: string;
  readonly connections: number;
  /** Milliseconds between two requests of one connection; 0 for the next as soon as the last is answered. */
  readonly pace: number;
  /** Milliseconds between two reloads; 0 for reloads back to back. */
  readonly pause: number;
  readonly without: number[];
  readonly withReloads: number[];
  /** What `withReloads` is made of, spell by spell. */
  readonly spells: number[][];
  reloads: number;
}

/** How long the event loop stands still during a reload, and what a load of HTTP requests notices. */
export async function pause(run: Run): Promise<Section> {
  const stalls: Stalls[] = [];
  for (const [kind, functions] of Object.entries(SIZES)) {
    for (const plugins of run.quick ? [1, 10] : [1, 10, 100])
      stalls.push(await measureStalls(kind, functions, plugins, run));
  }
  const loads: Load[] = [];
  for (const between of [1000, 0]) loads.push(...(await measureLoads(between, run)));
  return {
    title: "Reload pause",
    method:
      "Stall: the longest time between two turns of the event loop while all plugins, each changed, are reloaded; beside it the longest of as many evaluations of the artifacts alone, each in a module graph and a turn of its own, and the longest stall of the idle loop. Latency: requests from another process that call a plugin, with and without reloads of one of ten plugins, one a second or each as soon as the last is over, in alternating spells.",
    tables: [stallTable(stalls), loadTable(loads)],
    goals: [...stalls.map(stallGoal), ...loads.filter(({ pause: between }) => between > 0).map(loadGoal)],
    absent: [],
    charts: [],
    figures: [
      ...stalls.map(({ plugins, kind, stall }) => less(`stall, ${plugins} x ${kind}`, "ms", stall)),
      ...loads.map(({ name, spells }) => less(`p99, ${name}`, "ms", spells.map(p99))),
    ],
  };
}

async function measureStalls(kind: string, functions: number, plugins: number, run: Run): Promise<Stalls> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const rounds = run.quick ? 2 : functions * plugins > 100_000 ? 3 : 9;
  const command = [process.execPath, join(scripts, "pause.ts"), ...[plugins, functions, rounds].map(String)];
  const child = Bun.spawn(command, { cwd: folder.root, stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`pause failed (${plugins} plugins, ${kind})`);
  const stalls = { plugins, kind, ...(JSON.parse(output) as Omit<Stalls, "plugins" | "kind">) };
  run.log(
    `${plugins} x ${kind}: stall ${show(median(stalls.stall))}, evaluation ${show(median(stalls.evaluation))} ms`,
  );
  return stalls;
}

async function measureLoads(between: number, run: Run): Promise<Load[]> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const command = [process.execPath, join(scripts, "http.ts"), String(between)];
  await using host = await Host.start({ name: "hotswap", command, cwd: folder.root });
  const variant = between === 0 ? ", reloads back to back" : ", a reload a second";
  const newLoad = (name: string, connections: number, pace: number): Load => ({
    name: name + variant,
    connections,
    pace,
    pause: between,
    without: [],
    withReloads: [],
    spells: [],
    reloads: 0,
  });
  const loads = [newLoad("100 requests a second", 4, 40), newLoad("as many as 16 connections can", 16, 0)];
  const [spells, spell] = run.quick ? [1, 500] : [5, 2000];
  for (const load of loads) {
    await latencies(host, load, 500);
    for (let number = 0; number < spells; number++) {
      load.without.push(...(await latencies(host, load, spell)));
      const before = Number(await host.ask("/on"));
      const during = await latencies(host, load, spell);
      load.spells.push(during);
      load.withReloads.push(...during);
      load.reloads += Number(await host.ask("/off")) - before;
    }
    run.log(
      `${load.name}: p99 ${show(p99(load.without))} and ${show(p99(load.withReloads))} ms, ${load.reloads} reloads`,
    );
  }
  return loads;
}

async function latencies(host: Host, { connections, pace }: Load, duration: number): Promise<number[]> {
  const command = [process.execPath, loadScript, host.address, ...[duration, connections, pace].map(String)];
  const child = Bun.spawn(pinned(command, "other"), { stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("the load failed");
  return JSON.parse(output) as number[];
}

const p99 = (values: readonly number[]): number => quantile(values, 0.99);

function stallTable(stalls: readonly Stalls[]): Table {
  return {
    title: "Longest stall of the event loop, ms",
    columns: ["plugins reloaded", "artifact, KB", "whole reload", "longest stall", "longest evaluation", "idle loop"],
    rows: stalls.map(({ plugins, size, stall, duration, idle, evaluation }) => [
      String(plugins),
      show(size / 1024),
      ...[duration, stall, evaluation, idle].map((values) => show(median(values))),
    ]),
  };
}

function stallGoal({ plugins, kind, stall, idle, evaluation, duration }: Stalls): Goal {
  const [ours, alone, noise] = [median(stall), median(evaluation), median(idle)];
  return {
    goal: `Pause, ${plugins} x ${kind}: no stall longer than the longest evaluation of an artifact`,
    met: ours <= alone + noise,
    measured: `${show(ours)} ms against ${show(alone)} ms (idle loop ${show(noise)} ms)`,
    reason: `${show(ours - alone - noise)} ms of a reload of ${show(median(duration))} ms pass without a turn of the loop`,
  };
}

function loadTable(loads: readonly Load[]): Table {
  return {
    title: "Latency of HTTP requests, ms",
    columns: [
      "load",
      "requests without / with",
      "reloads",
      "p50 without",
      "p50 with",
      "p99 without",
      "p99 with",
      "p99 ratio",
      "p99.9 without",
      "p99.9 with",
    ],
    rows: loads.map(({ name, without, withReloads, reloads }) => [
      name,
      `${show(without.length)} / ${show(withReloads.length)}`,
      show(reloads),
      show(median(without)),
      show(median(withReloads)),
      show(p99(without)),
      show(p99(withReloads)),
      ratio(p99(withReloads), p99(without)),
      show(quantile(without, 0.999)),
      show(quantile(withReloads, 0.999)),
    ]),
  };
}

function loadGoal({ name, without, withReloads, reloads }: Load): Goal {
  const [before, during] = [p99(without), p99(withReloads)];
  return {
    goal: `Pause, ${name}: p99 within ${P99_FACTOR} x of that without`,
    met: during <= P99_FACTOR * before,
    measured: `${show(during)} ms against ${show(before)} ms: ${ratio(during, before)}`,
    reason: `${show(reloads)} reloads share the one processor with the requests; p50 goes from ${show(median(without))} to ${show(median(withReloads))} ms`,
  };
}
