import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { Host } from "../harness/host.ts";
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

/** What `product/steps.ts` prints: lists of ms. */
interface ProductSteps {
  readonly steps: Readonly<Record<string, readonly number[]>>;
  /** From the write to the moment from which calls see it, in the host's own process. */
  readonly live: readonly number[];
  readonly limit: Readonly<Record<"build" | "read" | "evaluate" | "total", readonly number[]>>;
}

/** A plugin of some modules, one module edited: how long until the running host answers with the new value. */
export async function saveToLive(run: Run): Promise<Section> {
  const sizes = run.quick ? [1, 50] : [1, 50, 500];
  const absent = peers.map(absence).filter((reason) => reason !== undefined);
  const outcomes: Outcome[] = [];
  for (const modules of sizes) outcomes.push(await measureSize(modules, run, absent));
  return {
    title: "Save to live",
    method:
      "A plugin of K modules of about 1 KB, one of them edited in place: from the write to the first answer with the new value, over HTTP, asked once a millisecond; what answers calls the edited module, and refers to the others. The product's host and the plain one build and reload on a file event; the product's compiles what changed, with createBuilder(), as `hotswap dev` does.",
    tables: [comparison(outcomes), stepTable(outcomes)],
    goals: outcomes.flatMap((outcome) => [fastest(outcome), nearLimit(outcome)]),
    absent,
    charts: outcomes.map(chart),
    figures: outcomes.flatMap(({ modules, subjects, product }) =>
      subjects
        .map(({ name, times }) => less(`K = ${modules}, ${name}`, "ms", times))
        .concat(less(`K = ${modules}, write to live`, "ms", product.live)),
    ),
  };
}

async function measureSize(modules: number, run: Run, absent: string[]): Promise<Outcome> {
  await using resources = new AsyncDisposableStack();
  const subjects: Subject[] = [await startHotswap(modules, resources)];
  for (const peer of peers) {
    if (absence(peer) !== undefined || (run.quick && peer.slow)) continue;
    const shape = { modules, language: peer.language, definition: false } as const;
    const folder = resources.use(new Folder());
    folder.write(pluginFiles(shape, 0));
    try {
      const host = resources.use(await startPeer(peer, folder));
      subjects.push(hostSubject(peer.name, peer.slow, host, folder, shape));
    } catch (error) {
      absent.push(`${peer.name} at K = ${modules}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [rounds, slowRounds] = run.quick ? [3, 1] : [15, 4];
  // The first two edits find caches cold, in every system; they are made and not counted.
  for (let round = -2; round < rounds; round++) {
    for (const subject of subjects) {
      if (subject.slow && round >= slowRounds) continue;
      const time = await subject.edit(round + 3);
      if (time === undefined) subject.missed += 1;
      else if (round >= 0) subject.times.push(time);
      await Bun.sleep(REST);
    }
  }
  run.log(`K = ${modules}: ${subjects.map(({ name, times }) => `${name} ${show(median(times))}`).join(", ")}`);
  return { modules, subjects, product: await measureSteps(modules, rounds) };
}

async function measureSteps(modules: number, rounds: number): Promise<ProductSteps> {
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(scripts, "steps.ts");
  const child = Bun.spawn([process.execPath, script, String(modules), String(rounds)], {
    cwd: folder.root,
    stderr: "inherit",
  });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`the steps at K = ${modules} could not be measured`);
  return JSON.parse(output) as ProductSteps;
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

async function startHotswap(modules: number, resources: AsyncDisposableStack): Promise<Subject> {
  const shape = { modules, language: "ts", definition: true } as const;
  const folder = resources.use(new Folder());
  folder.write({ "package.json": `{ "type": "module" }`, ...pluginFiles(shape, 0) });
  folder.useHotswap();
  const command = [process.execPath, join(scripts, "watching.ts")];
  const host = resources.use(await Host.start({ name: OURS, command, cwd: folder.root }));
  return hostSubject(OURS, false, host, folder, shape);
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

/** The steps as one speaks of them, each with what the product times of it. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  watch: ["watch", "turn of the event loop"],
  build: ["build: inspect", "build: bundle", "build: link", "build: encode", "build: not timed by itself"],
  write: ["build: write"],
  "verify (and read the folder)": ["reload: scan"],
  load: ["reload: load"],
  link: ["reload: link"],
  hooks: [
    "reload: reloadable",
    "reload: export",
    "reload: import",
    "reload: onLoad",
    "reload: onInit",
    "reload: callback",
  ],
  swap: ["reload: vault", "reload: swap", "reload: not timed by itself"],
  "first call": ["first call"],
};

function stepTable(outcomes: readonly Outcome[]): Table {
  const row = (name: string, values: (product: ProductSteps) => readonly number[] | undefined): string[] => [
    name,
    ...outcomes.map(({ product }) => show(median(values(product) ?? []))),
  ];
  return {
    title: "Where hotswap's time goes, in one process and without HTTP, ms",
    columns: ["step", ...outcomes.map(({ modules }) => `K = ${modules}`)],
    rows: [
      ...Object.entries(STEPS).flatMap(([step, parts]) => {
        const whole = row(`**${step}**`, ({ steps }) => together(parts.map((part) => steps[part] ?? [])));
        if (parts.length === 1) return [whole];
        return [whole].concat(parts.map((part) => row(`– ${part.replace(/^\w+: /, "")}`, ({ steps }) => steps[part])));
      }),
      row("**write to live** (without the first call)", ({ live }) => live),
      row("the limit: Bun.build, nothing else", ({ limit }) => limit.build),
      row("the limit: file read", ({ limit }) => limit.read),
      row("the limit: module evaluation", ({ limit }) => limit.evaluate),
      row("**the limit**", ({ limit }) => limit.total),
      ["hotswap in multiples of the limit", ...outcomes.map(({ product }) => ratio(...liveAndLimit(product)))],
    ],
  };
}

/** Round by round. */
function together(parts: readonly (readonly number[])[]): number[] {
  return (parts[0] ?? []).map((_, round) => parts.reduce((sum, part) => sum + (part[round] ?? 0), 0));
}

function liveAndLimit({ live, limit }: ProductSteps): [live: number, limit: number] {
  return [median(live), median(limit.total)];
}

function fastest(outcome: Outcome): Goal {
  const ours = timeOf(outcome, OURS);
  const others = outcome.subjects.filter(({ name, times }) => name !== OURS && times.length > 0);
  const best = others.reduce((a, b) => (median(b.times) < median(a.times) ? b : a));
  const time = median(best.times);
  const [, alone] = liveAndLimit(outcome.product);
  return {
    goal: `Save to live, K = ${outcome.modules}: the fastest`,
    met: ours <= time,
    measured: `${show(ours)} ms; best peer ${best.name} ${show(time)} ms`,
    reason: `bundling, loading and evaluating alone take ${show(alone)} ms; the largest steps are ${largestSteps(outcome)}`,
  };
}

function nearLimit(outcome: Outcome): Goal {
  const [ours, limit] = liveAndLimit(outcome.product);
  return {
    goal: `Save to live, K = ${outcome.modules}: write to live within ${LIMIT_FACTOR} x of the limit`,
    met: ours <= LIMIT_FACTOR * limit,
    measured: `${show(ours)} ms against ${show(limit)} ms: ${ratio(ours, limit)}`,
    reason: `the largest steps: ${largestSteps(outcome)}`,
  };
}

/** The three steps that take longest, in words. */
function largestSteps({ product }: Outcome): string {
  return Object.entries(product.steps)
    .map(([name, times]) => ({ name, time: median(times) }))
    .toSorted((a, b) => b.time - a.time)
    .slice(0, 3)
    .map(({ name, time }) => `${name} ${show(time)} ms`)
    .join(", ");
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
