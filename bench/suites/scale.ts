import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { pinned } from "../harness/pinning.ts";
import { numbered } from "../harness/stamp.ts";
import { median, ratio, show } from "../harness/statistics.ts";
import { linkGraph } from "../../src/link/link.ts";
import type { LinkNode } from "../../src/link/node.ts";
import { type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

/** What a reload of one leaf may cost in multiples of (reading the folder + reloading one plugin that is alone). */
const LEAF_FACTOR = 2;
/** How much longer linking ten times the plugins may take, for each plugin. */
const LINK_FACTOR = 3;

interface Size {
  readonly plugins: number;
  /** All in ms. */
  readonly load: number;
  readonly folder: readonly number[];
  readonly unchanged: readonly number[];
  readonly leaf: readonly number[];
  readonly all: readonly number[];
  readonly leafSteps: Readonly<Record<string, number>>;
  /** Bytes of resident memory that the loaded plugins take together. */
  readonly memory: number;
  /** `hotswap status`, and the first state that a dashboard page gets: times in ms, and the bytes that travel. */
  readonly status: readonly number[];
  readonly statusSize: number;
  readonly page: readonly number[];
  readonly pageSize: number;
}

/** What many plugins cost: loading, reloading one or all of them, linking, memory. */
export async function scale(run: Run): Promise<Section> {
  const sizes: Size[] = [];
  const failures: Goal[] = [];
  for (const plugins of run.quick ? [2, 100] : [2, 100, 1000, 10_000]) {
    try {
      sizes.push(await measureSize(plugins, run));
    } catch (error) {
      failures.push(failure(plugins, error));
    }
  }
  const [alone, ...many] = sizes;
  if (alone === undefined) throw new Error("nothing was measured");
  const shapes: LinkTime[] = [];
  for (const [name, slots] of Object.entries(GRAPHS)) shapes.push(await measureLink(name, slots, run));
  return {
    title: "Scale",
    method:
      "Real small artifacts, all depending on one plugin. Reading the folder alone: its list, and size, time and inode of each file. Linking: synthetic plugins without code.",
    tables: [loadTable(many), reloadTable(sizes), stepTable(sizes), viewTable(many), linkTable(shapes)],
    goals: [...many.map((size) => leafGoal(size, alone)), ...failures, ...shapes.map(linkGoal)],
    absent: [],
    charts: [],
    figures: sizes.flatMap(({ plugins, leaf, all }) => [
      less(`${plugins} plugins, one leaf changed`, "ms", leaf),
      less(`${plugins} plugins, all but one changed`, "ms", all),
    ]),
  };
}

async function measureSize(plugins: number, run: Run): Promise<Size> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(import.meta.dir, "..", "product", "scale.ts");
  const rounds = run.quick ? 2 : plugins > 1000 ? 5 : 9;
  const command = pinned([process.execPath, script, String(plugins), String(rounds)]);
  const child = Bun.spawn(command, { cwd: folder.root, stderr: "pipe" });
  const [output, complaint] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  if ((await child.exited) !== 0) throw new Error(/^\w*Error: .*$/m.exec(complaint)?.[0] ?? complaint.slice(-300));
  const size = { plugins, ...(JSON.parse(output) as Omit<Size, "plugins">) };
  run.log(`${plugins} plugins: load ${show(size.load)}, one leaf ${show(median(size.leaf))} ms`);
  return size;
}

/** Slots of the plugin with this index: the indices of its dependencies. */
type Slots = (index: number) => readonly number[];

const GRAPHS: Readonly<Record<string, Slots>> = {
  chain: (index) => (index === 0 ? [] : [index - 1]),
  "layers of 4, each on all of the layer below": (index) => {
    const below = (Math.floor(index / 4) - 1) * 4;
    return below < 0 ? [] : [below, below + 1, below + 2, below + 3];
  },
  "layers of 10, each on all of the layer below": (index) => {
    const below = (Math.floor(index / 10) - 1) * 10;
    return below < 0 ? [] : Array.from({ length: 10 }, (_, place) => below + place);
  },
  "no dependencies": () => [],
};

interface LinkTime {
  readonly name: string;
  /** Milliseconds for a tenth of the plugins, and for all of them. */
  readonly tenth: number;
  readonly whole: number;
  readonly plugins: number;
}

async function measureLink(name: string, slots: Slots, run: Run): Promise<LinkTime> {
  const plugins = run.quick ? 10_000 : 100_000;
  const tenth = await linkTime(plugins / 10, slots);
  const whole = await linkTime(plugins, slots);
  run.log(`linking ${plugins} plugins (${name}): ${show(whole)} ms`);
  return { name, tenth, whole, plugins };
}

const nodeName = (index: number): string => numbered("plugin", index);

async function linkTime(plugins: number, slots: Slots): Promise<number> {
  const nodes: LinkNode[] = Array.from({ length: plugins }, (_, index) => ({
    name: nodeName(index),
    isReloadable: true,
    emptySlots: new Set<string>(),
    slots: new Map(slots(index).map((target) => [nodeName(target), { members: new Map(), optional: false }])),
    facade: {},
  }));
  const times: number[] = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const { order } = await linkGraph(nodes);
    times.push(performance.now() - start);
    if (order.length !== plugins) throw new Error(`${order.length} of ${plugins} plugins were linked`);
  }
  return median(times);
}

function loadTable(sizes: readonly Size[]): Table {
  return {
    title: "Loading",
    columns: ["plugins", "load, ms", "ms a plugin", "memory, MB", "KB a plugin"],
    rows: sizes.map(({ plugins, load, memory }) => [
      show(plugins),
      show(load),
      show(load / plugins),
      show(memory / 2 ** 20),
      show(memory / 1024 / plugins),
    ]),
  };
}

function reloadTable(sizes: readonly Size[]): Table {
  return {
    title: "Reloading, ms",
    columns: [
      "plugins",
      "reading the folder alone",
      "nothing changed",
      "one leaf changed",
      "all but one changed",
      "the last, a plugin",
    ],
    rows: sizes.map(({ plugins, folder, unchanged, leaf, all }) => [
      show(plugins),
      ...[folder, unchanged, leaf, all].map((values) => show(median(values))),
      show(median(all) / (plugins - 1)),
    ]),
  };
}

function stepTable(sizes: readonly Size[]): Table {
  const steps = new Set(sizes.flatMap(({ leafSteps }) => Object.keys(leafSteps)));
  return {
    title: "One leaf changed: where the time goes, ms (the last reload)",
    columns: ["plugins", ...steps],
    rows: sizes.map(({ plugins, leafSteps }) => [
      show(plugins),
      ...[...steps].map((step) => show(leafSteps[step] ?? Number.NaN)),
    ]),
  };
}

function viewTable(sizes: readonly Size[]): Table {
  return {
    title: "Looking at it: the answer to `status` over the control socket, and what a dashboard page gets at first",
    columns: ["plugins", "status, ms", "KB", "dashboard, ms", "KB"],
    rows: sizes.map(({ plugins, status, statusSize, page, pageSize }) => [
      show(plugins),
      show(median(status)),
      show(statusSize / 1024),
      show(median(page)),
      show(pageSize / 1024),
    ]),
  };
}

function linkTable(times: readonly LinkTime[]): Table {
  const plugins = times[0]?.plugins ?? 0;
  return {
    title: "Linking, ms",
    columns: ["graph", `${show(plugins / 10)} plugins`, `${show(plugins)} plugins`, "µs a plugin"],
    rows: times.map(({ name, tenth, whole }) => [name, show(tenth), show(whole), show((whole * 1000) / plugins)]),
  };
}

function leafGoal({ plugins, folder, leaf, leafSteps }: Size, alone: Size): Goal {
  const least = median(folder) + median(alone.leaf);
  const ours = median(leaf);
  const steps = Object.entries(leafSteps)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([step, time]) => `${step} ${show(time)} ms`);
  return {
    goal: `Scale: one leaf of ${show(plugins)} changed costs within ${LEAF_FACTOR} x of reading the folder and one plugin`,
    met: ours <= LEAF_FACTOR * least,
    measured: `${show(ours)} ms against ${show(median(folder))} + ${show(median(alone.leaf))} ms: ${ratio(ours, least)}`,
    reason: `the largest steps: ${steps.join(", ")}`,
  };
}

function failure(plugins: number, error: unknown): Goal {
  return {
    goal: `Scale: ${show(plugins)} plugins load and reload`,
    met: false,
    measured: "-",
    reason: error instanceof Error ? error.message : String(error),
  };
}

function linkGoal({ name, plugins, tenth, whole }: LinkTime): Goal {
  return {
    goal: `Scale: link time of ${show(plugins)} plugins (${name}) grows with their number: within ${LINK_FACTOR} x a plugin of a tenth of them`,
    met: whole <= 10 * LINK_FACTOR * tenth,
    measured: `${show(whole)} ms, ${ratio(whole, tenth)} that of a tenth of them`,
    reason: `a plugin takes ${ratio(whole, tenth * 10)} as long among ten times as many`,
  };
}
