import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { type DevSystem, hotswapDev, largestSteps, noteSteps, type Steps } from "../harness/dev.ts";
import type { Host } from "../harness/host.ts";
import { absence, peers, startPeer } from "../harness/peers.ts";
import { editedModule, modulePath, moduleSource, pluginFiles, type PluginShape } from "../harness/source.ts";
import { median, ratio, show } from "../harness/statistics.ts";
import { type Chart, type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

/** What the product may cost in multiples of (Bun.build + file read + module evaluation). */
const LIMIT_FACTOR = 1.5;
const OURS = "hotswap";
const scripts = join(import.meta.dir, "..", "product");
/** Between two edits, in ms: what the last one left to do should be done before the next is timed. */
const REST = 40;

interface Subject {
  readonly name: string;
  readonly slow: boolean;
  /** Milliseconds from each write to the first answer with the new value; a miss is an edit that was never seen. */
  readonly times: number[];
  missed: number;
  edit(mark: number): Promise<number | undefined>;
}

interface Outcome {
  readonly modules: number;
  readonly subjects: readonly Subject[];
  readonly product: ProductSteps;
}

/** Lists of ms. */
interface ProductSteps {
  /** What the host says of its reloads. */
  readonly steps: Readonly<Record<string, readonly number[]>>;
  /** From the write to the moment from which calls see it. */
  readonly live: readonly number[];
  /** What `product/limit.ts` prints. */
  readonly limit: Readonly<Record<"build" | "read" | "evaluate" | "total", readonly number[]>>;
}

/** A plugin of some modules, one module edited: how long until the running host answers with the new value. */
export async function saveToLive(run: Run): Promise<Section> {
  const sizes = run.quick ? [1, 50] : [1, 50, 500];
  const absent = peers.map(absence).filter((reason) => reason !== undefined);
  const outcomes: Outcome[] = [];
  using user = new Folder();
  const dev = await hotswapDev(user);
  for (const modules of sizes) outcomes.push(await measureSize(modules, dev, run, absent));
  return {
    title: "Save to live",
    method:
      "A plugin of K modules of about 1 KB, one of them edited in place: from the write to the first answer with the new value, over HTTP, asked once a millisecond; what answers calls the edited module, and refers to the others. hotswap is `hotswap dev`, as it is installed; the plain host bundles and imports on a file event.",
    tables: [comparison(outcomes), stepTable(outcomes)],
    goals: outcomes.flatMap((outcome) => [besideHot(outcome), nearLimit(outcome)]),
    absent,
    charts: outcomes.map(chart),
    figures: outcomes.flatMap(({ modules, subjects, product }) =>
      subjects
        .map(({ name, times }) => less(`K = ${modules}, ${name}`, "ms", times))
        .concat(less(`K = ${modules}, write to live`, "ms", product.live)),
    ),
  };
}

async function measureSize(modules: number, dev: DevSystem, run: Run, absent: string[]): Promise<Outcome> {
  await using resources = new AsyncDisposableStack();
  const { product, host } = await startHotswap(modules, dev, resources);
  const subjects = [product];
  for (const peer of peers) {
    if (absence(peer) !== undefined || (run.quick && peer.slow)) continue;
    const shape = { modules, language: peer.language, definition: false } as const;
    const folder = resources.use(new Folder());
    folder.write(pluginFiles(shape, 0));
    try {
      const started = resources.use(await startPeer(peer, folder));
      subjects.push(hostSubject(peer.name, peer.slow, started, folder, shape));
    } catch (error) {
      absent.push(`${peer.name} at K = ${modules}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [rounds, slowRounds] = run.quick ? [3, 1] : [15, 4];
  const steps: Steps = {};
  const live: number[] = [];
  // The first two edits find caches cold, in every system; they are made and not counted.
  for (let round = -2; round < rounds; round++) {
    for (const subject of subjects) {
      if (subject.slow && round >= slowRounds) continue;
      const wrote = performance.timeOrigin + performance.now();
      const time = await subject.edit(round + 3);
      if (time === undefined) subject.missed += 1;
      else if (round >= 0) subject.times.push(time);
      if (round >= 0 && subject === product) live.push(await noteSteps(host, wrote, steps));
      await Bun.sleep(REST);
    }
  }
  run.log(`K = ${modules}: ${subjects.map(({ name, times }) => `${name} ${show(median(times))}`).join(", ")}`);
  return { modules, subjects, product: { steps, live, limit: await measureLimit(modules, rounds) } };
}

async function measureLimit(modules: number, rounds: number): Promise<ProductSteps["limit"]> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(scripts, "limit.ts");
  const child = Bun.spawn([process.execPath, script, String(modules), String(rounds)], {
    cwd: folder.root,
    stderr: "inherit",
  });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`the limit at K = ${modules} could not be measured`);
  return JSON.parse(output) as ProductSteps["limit"];
}

function hostSubject(name: string, slow: boolean, host: Host, folder: Folder, shape: PluginShape): Subject {
  const index = editedModule(shape);
  const path = modulePath(shape, index);
  return {
    name,
    slow,
    times: [],
    missed: 0,
    edit: (mark) => host.untilSeen(() => folder.write({ [path]: moduleSource(shape, index, mark) }), `${mark}:`),
  };
}

async function startHotswap(modules: number, dev: DevSystem, resources: AsyncDisposableStack) {
  const shape = { modules, language: "ts", definition: true } as const;
  const folder = resources.use(new Folder());
  folder.write(pluginFiles(shape, 0));
  const host = resources.use(await dev.start(folder));
  return { host, product: hostSubject(OURS, false, host, folder, shape) };
}

function comparison(outcomes: readonly Outcome[]): Table {
  const names = new Set(outcomes.flatMap(({ subjects }) => subjects.map(({ name }) => name)));
  return {
    title: "From the write to the first new answer, ms (in multiples of hotswap)",
    columns: ["system", ...outcomes.map(({ modules }) => `K = ${modules}`)],
    rows: [...names].map((name) => [name].concat(outcomes.map((outcome) => comparisonCell(outcome, name)))),
  };
}

function comparisonCell(outcome: Outcome, name: string): string {
  const subject = outcome.subjects.find((candidate) => candidate.name === name);
  if (subject === undefined) return "-";
  const missed = subject.missed === 0 ? "" : `, ${subject.missed} edits never seen`;
  const time = median(subject.times);
  return `${show(time)} (${ratio(time, timeOf(outcome, OURS))})${missed}`;
}

function stepTable(outcomes: readonly Outcome[]): Table {
  const row = (name: string, values: (product: ProductSteps) => readonly number[] | undefined): string[] => [
    name,
    ...outcomes.map(({ product }) => show(median(values(product) ?? []))),
  ];
  const steps = new Set(outcomes.flatMap(({ product }) => Object.keys(product.steps)));
  return {
    title: "Where hotswap's time goes, ms",
    columns: ["step", ...outcomes.map(({ modules }) => `K = ${modules}`)],
    rows: [
      ...Array.from(steps, (step) => row(step, (product) => product.steps[step])),
      row("**write to live**", ({ live }) => live),
      row("the limit: Bun.build, nothing else", ({ limit }) => limit.build),
      row("the limit: file read", ({ limit }) => limit.read),
      row("the limit: module evaluation", ({ limit }) => limit.evaluate),
      row("**the limit**", ({ limit }) => limit.total),
      ["hotswap in multiples of the limit", ...outcomes.map(({ product }) => ratio(...liveAndLimit(product)))],
    ],
  };
}

function liveAndLimit({ live, limit }: ProductSteps): [live: number, limit: number] {
  return [median(live), median(limit.total)];
}

/** What a save may take, in multiples of what `bun --hot` takes, by the number of modules. */
const SHARES: Readonly<Record<number, number>> = { 1: 1, 50: 0.8, 500: 0.5 };

function besideHot(outcome: Outcome): Goal {
  const { modules } = outcome;
  const [ours, hot] = [timeOf(outcome, OURS), timeOf(outcome, "bun --hot")];
  const share = SHARES[modules] ?? 1;
  return {
    goal: `Save to live, K = ${modules}: within ${share} x of bun --hot`,
    met: ours <= share * hot,
    measured: `${show(ours)} ms against ${show(hot)} ms: ${ratio(ours, hot)}`,
    reason: `the largest steps are ${largestSteps(outcome.product.steps)}`,
  };
}

function nearLimit(outcome: Outcome): Goal {
  const [ours, limit] = liveAndLimit(outcome.product);
  return {
    goal: `Save to live, K = ${outcome.modules}: write to live within ${LIMIT_FACTOR} x of the limit`,
    met: ours <= LIMIT_FACTOR * limit,
    measured: `${show(ours)} ms against ${show(limit)} ms: ${ratio(ours, limit)}`,
    reason: `the largest steps: ${largestSteps(outcome.product.steps)}`,
  };
}

function timeOf(outcome: Outcome, name: string): number {
  return median(outcome.subjects.find((subject) => subject.name === name)?.times ?? []);
}

function chart(outcome: Outcome): Chart {
  return {
    title: `Save to live, ${outcome.modules} module${outcome.modules === 1 ? "" : "s"}`,
    unit: "ms",
    bars: outcome.subjects
      .filter(({ times }) => times.length > 0)
      .map(({ name, times }) => ({ label: name, value: median(times), ours: name === OURS })),
  };
}
