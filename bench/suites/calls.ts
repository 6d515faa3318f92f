import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { median, show } from "../harness/statistics.ts";
import { type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

/** Nanoseconds that a call may cost on top of entering the generation. */
const GOAL = 10;

/** Nanoseconds that it may cost on top of that to count a call and to time some. */
const COUNTED_GOAL = 15;

/** Nanoseconds a call, by way of calling: one for each round. */
type Rounds = Readonly<Record<string, readonly number[]>>;

/** Nanoseconds a call, by way of calling. */
type Times = Readonly<Record<string, number>>;

/** Ways of calling with what they are compared with: entering as many generations by hand. */
const WAYS = {
  invokeFunc: "entered",
  "lookup, kept": "entered",
  "findPlugin + invokeFunc": "entered",
  invokeEach: "entered, each",
  facade: "entered, inside",
  "live function": "entered",
} as const;

/** What a call into a plugin costs, and how much of it is ours. */
export async function calls(run: Run): Promise<Section> {
  const plugins = run.quick ? 100 : 1000;
  const rounds = {
    stores: await measureMode("stores", plugins, run),
    counted: await measureMode("counted", plugins, run),
    bound: await measureMode("bound", plugins, run),
  };
  const [stores, counted, bound] = [medians(rounds.stores), medians(rounds.counted), medians(rounds.bound)];
  return {
    title: "Calls",
    method: `Synchronous calls of a function that adds to a number, ns a call (mitata, ways alternating). What is compared with is the same function of the same plugin, called directly or entered through its module graph by hand; invokeEach goes over ${show(plugins)} plugins and is compared with a loop over the same functions in the same graphs; the facade is called in a loop by another plugin, and compared with entering by hand from there.`,
    tables: [
      callTable(
        "Through graph.run (default): the caller's AsyncLocalStorage stores are seen by plugins",
        "graph.run",
        plugins,
        stores,
      ),
      countedTable(stores, counted),
      callTable("With asyncContext: false", "a function bound to the graph", plugins, bound),
    ],
    goals: [
      callGoals("graph.run", stores),
      callGoals("the bound call (asyncContext: false)", bound),
      countedGoal(stores, counted),
      cheaperEntry(stores, bound),
    ],
    absent: [],
    charts: [],
    figures: Object.entries(rounds).flatMap(([mode, ways]) =>
      Object.entries(ways).map(([way, values]) => less(`${way} (${mode})`, "ns", values)),
    ),
  };
}

async function measureMode(mode: "stores" | "counted" | "bound", plugins: number, run: Run): Promise<Rounds> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(import.meta.dir, "..", "product", "calls.ts");
  const rounds = run.quick ? 1 : 9;
  const command = [process.execPath, script, String(plugins), String(rounds), mode];
  const child = Bun.spawn(command, { cwd: folder.root, stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`calls failed (${mode})`);
  const times = JSON.parse(output) as Rounds;
  run.log(`${mode}: ${JSON.stringify(medians(times))}`);
  return times;
}

function medians(rounds: Rounds): Times {
  return Object.fromEntries(Object.entries(rounds).map(([name, times]) => [name, median(times)]));
}

function callTable(title: string, entering: string, plugins: number, times: Times): Table {
  const base = (name: string): number => times[name] ?? Number.NaN;
  return {
    title,
    columns: ["way", "ns a call", `on top of ${entering}, ns`, `share of ${entering}`],
    rows: [
      ["direct call", show(base("direct")), "-", "-"],
      [`direct call, over ${show(plugins)} plugins`, show(base("direct, each")), "-", "-"],
      [entering, show(base("entered")), "0", "100 %"],
      [`${entering}, over ${show(plugins)} plugins`, show(base("entered, each")), "0", "100 %"],
      [`${entering}, called by another plugin`, show(base("entered, inside")), "0", "100 %"],
      ...Object.entries(WAYS).map(([name, against]) => [
        name,
        show(base(name)),
        show(base(name) - base(against)),
        `${Math.round((100 * base(against)) / base(name))} %`,
      ]),
      ["registry, look-up alone", show(base("registry, look-up alone")), "-", "-"],
      [
        "registry, look-up and call",
        show(base("registry, look-up and call")),
        show(base("registry, look-up and call") - base("entered")),
        `${Math.round((100 * base("entered")) / base("registry, look-up and call"))} %`,
      ],
    ],
  };
}

/** What a way costs on top of entering: each process has its own entering to be compared with. */
function onTop(times: Times, [name, against]: readonly [string, string]): number {
  return (times[name] ?? Number.NaN) - (times[against] ?? Number.NaN);
}

function countedTable(stores: Times, counted: Times): Table {
  return {
    title: "What counting costs, on top of graph.run, ns a call",
    columns: ["way", 'observe: "errors" (default)', 'observe: "calls"', "counting alone"],
    rows: Object.entries(WAYS).map((way) => {
      const [plain, more] = [onTop(stores, way), onTop(counted, way)];
      return [way[0], show(plain), show(more), show(more - plain)];
    }),
  };
}

function countedGoal(stores: Times, counted: Times): Goal {
  const costs = Object.entries(WAYS).map((way) => ({ name: way[0], ns: onTop(counted, way) - onTop(stores, way) }));
  const over = costs.filter(({ ns }) => !(ns < COUNTED_GOAL));
  return {
    goal: `Calls: counting them (observe: "calls") costs less than ${COUNTED_GOAL} ns`,
    met: over.length === 0,
    measured: costs.map(({ name, ns }) => `${name} ${show(ns)} ns`).join(", "),
    reason: `over it: ${over.map(({ name }) => name).join(", ")}`,
  };
}

function callGoals(entering: string, times: Times): Goal {
  const added = Object.entries(WAYS).map((way) => ({ name: way[0], ns: onTop(times, way) }));
  const over = added.filter(({ ns }) => !(ns < GOAL));
  return {
    goal: `Calls: everything on top of ${entering} costs less than ${GOAL} ns`,
    met: over.length === 0,
    measured: added.map(({ name, ns }) => `${name} ${show(ns)} ns`).join(", "),
    reason: `over it: ${over.map(({ name }) => name).join(", ")}`,
  };
}

function cheaperEntry(stores: Times, bound: Times): Goal {
  const run = stores["entered"] ?? Number.NaN;
  const ours = bound["invokeFunc"] ?? Number.NaN;
  return {
    goal: "Calls: a way of entering a generation that is cheaper than graph.run and keeps ownership",
    met: ours < run,
    measured: `invokeFunc with asyncContext: false ${show(ours)} ns, graph.run alone ${show(run)} ns`,
    reason: "the bound call and its look-up cost more than graph.run here",
  };
}
