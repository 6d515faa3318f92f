import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Codebase, codebaseAbsence, codebases, copyCodebase } from "../harness/codebases.ts";
import { bunHot, type DevSystem, hotswapDev, largestSteps, memoryOf, noteSteps, type Steps } from "../harness/dev.ts";
import { pinned } from "../harness/pinning.ts";
import { Folder } from "../harness/folder.ts";
import type { Host } from "../harness/host.ts";
import { pluginFiles } from "../harness/source.ts";
import { median, ratio, show } from "../harness/statistics.ts";
import { type Figure, type Goal, less, type Run, type Section, type Table } from "../report/section.ts";

/** What hotswap may take, in multiples of `bun --hot`. */
const LIMITS = { save: 0.6, start: 2, memory: 1.5 } as const;
/** From so many modules on, a save. */
const MANY = { modules: 100, save: 0.5 } as const;
/** Edits after which the memory is compared. */
const EDITS = 200;
/** Between two edits, in ms. */
const REST = 40;

/** A plugin that is worked on. */
interface Code {
  readonly name: string;
  readonly modules: number;
  /** Writes it into `plugin/`. */
  readonly write: (folder: Folder, definition: boolean) => void;
  /** The path of the file that is edited. */
  readonly edited: string;
}

interface Outcome {
  readonly code: Code;
  /** Milliseconds, of hotswap and of `bun --hot`. */
  readonly save: readonly [ours: number[], theirs: number[]];
  readonly start: readonly [ours: number[], theirs: number[]];
  /** MB after {@link EDITS} edits; none when that was not measured. */
  readonly memory: Memory | undefined;
  /** What our saves consist of. */
  readonly steps: Steps;
}

interface Memory {
  readonly totals: readonly [ours: number, theirs: number];
  /** Of ours: the command that watches over the host. */
  readonly supervisor: number;
}

/** The development loop with real code: a save, the start, and the memory after many edits, beside `bun --hot`. */
export async function dev(run: Run): Promise<Section> {
  using user = new Folder();
  const systems = [await hotswapDev(user), bunHot()] as const;
  const absent = codebases.map(codebaseAbsence).filter((reason) => reason !== undefined);
  const real = codebases.filter((codebase) => codebaseAbsence(codebase) === undefined).map(ofCodebase);
  const all = [...[1, 50, 500].map(synthetic), ...real];
  const empty = emptyBun();
  const outcomes: Outcome[] = [];
  for (const code of run.quick ? all.slice(0, 1) : all) outcomes.push(await measure(code, systems, run));
  return {
    title: "The development loop",
    method: `\`hotswap dev\`, as it is installed, beside \`bun --hot\`, by turns: plugins of K modules of 1 KB, and packages of npm whose sources (or modules of JavaScript) are a plugin's own code. A save: one file deep in it is edited, from the write to the first new answer over HTTP, asked once a millisecond. The start: from the start of the command to the first answer. Memory: resident, after ${EDITS} edits and a full collection; of hotswap the host and the command that watches over it.`,
    tables: [table(outcomes)],
    goals: outcomes.flatMap((outcome) => goals(outcome, empty)),
    absent,
    charts: [],
    figures: outcomes.flatMap(figures),
  };
}

/** Milliseconds of a Bun that does nothing. */
function emptyBun(): number {
  const times = Array.from({ length: 10 }, () => {
    const begun = performance.now();
    // Without code it would print its help.
    Bun.spawnSync(pinned([process.execPath, "-e", "0"]));
    return performance.now() - begun;
  });
  return median(times);
}

function synthetic(modules: number): Code {
  const shape = { modules, language: "ts" } as const;
  return {
    name: `K = ${modules}`,
    modules,
    write: (folder, definition) => folder.write(pluginFiles({ ...shape, definition }, 0)),
    edited: `plugin/part${modules >> 1}.ts`,
  };
}

function ofCodebase(codebase: Codebase): Code {
  return {
    name: codebase.name,
    modules: codebase.modules,
    write: (folder, definition) => {
      copyCodebase(codebase, folder, "plugin/code");
      folder.write({
        "plugin/index.ts": `${definition ? 'import { definePlugin } from "hotswap";\n' : ""}import * as code from "./code/${codebase.entry}";
const all: object = code;
export function handle(): string {
  return ((globalThis as { edit?: number }).edit ?? 0) + ":" + Object.keys(all).length;
}
${definition ? "export default definePlugin({ functions: { handle } });\n" : ""}`,
      });
    },
    edited: `plugin/code/${codebase.edited}`,
  };
}

async function measure(code: Code, systems: readonly [DevSystem, DevSystem], run: Run): Promise<Outcome> {
  await using resources = new AsyncDisposableStack();
  const start = [[], []] as [number[], number[]];
  const save = [[], []] as [number[], number[]];
  const steps: Steps = {};
  for (let round = 0; round < (run.quick ? 1 : 5); round++) {
    for (const [index, system] of systems.entries()) {
      using folder = new Folder();
      code.write(folder, system.definition);
      const begun = performance.now();
      await using _ = await system.start(folder);
      start[index]?.push(performance.now() - begun);
    }
  }
  const subjects: Subject[] = [];
  for (const system of systems) subjects.push(await startSubject(code, system, resources));
  // The first two edits find caches cold; they are made and not counted.
  for (let round = -2; round < (run.quick ? 3 : 15); round++) {
    for (const [index, subject] of subjects.entries()) {
      const wrote = performance.timeOrigin + performance.now();
      const time = await edit(subject, round + 3);
      if (round >= 0) save[index]?.push(time);
      if (round >= 0 && subject.system.definition) await noteSteps(subject.host, wrote, steps);
      await Bun.sleep(REST);
    }
  }
  const isMeasured = !run.quick && ["K = 50", "zod", "kysely"].includes(code.name);
  const memory = isMeasured ? await memoryAfterEdits(subjects) : undefined;
  const times = (values: readonly [number[], number[]]): string => values.map((each) => show(median(each))).join(" / ");
  run.log(
    `${code.name}: save ${times(save)}, start ${times(start)} ms, memory ${memory?.totals.map(show).join(" / ") ?? "-"}`,
  );
  return { code, save, start, memory, steps };
}

interface Subject {
  readonly system: DevSystem;
  readonly host: Host;
  readonly folder: Folder;
  readonly path: string;
  /** The edited file as it was. */
  readonly text: string;
}

async function startSubject(code: Code, system: DevSystem, resources: AsyncDisposableStack): Promise<Subject> {
  const folder = resources.use(new Folder());
  code.write(folder, system.definition);
  const text = readFileSync(join(folder.root, code.edited), "utf8");
  const host = resources.use(await system.start(folder));
  return { system, host, folder, path: code.edited, text };
}

async function edit({ system, host, folder, path, text }: Subject, number: number): Promise<number> {
  const isSynthetic = text.startsWith("export const mark = 0;");
  const next = isSynthetic
    ? text.replace("mark = 0", `mark = ${number}`)
    : `${text}\n;globalThis["edit"] = ${number};\n`;
  const time = await host.untilSeen(() => folder.write({ [path]: next }), `${number}:`);
  if (time === undefined) throw new Error(`${system.name} never served edit ${number} of ${path}`);
  return time;
}

async function memoryAfterEdits(subjects: readonly Subject[]): Promise<Memory> {
  const totals: number[] = [];
  let watching = 0;
  for (const subject of subjects) {
    for (let number = 100; number < 100 + EDITS; number++) await edit(subject, number);
    const { server, supervisor } = await memoryOf(subject.host, subject.system.definition);
    totals.push(server + supervisor);
    watching += supervisor;
  }
  return { totals: totals as [number, number], supervisor: watching };
}

function table(outcomes: readonly Outcome[]): Table {
  const pair = (values: readonly [number, number]): string[] => [show(values[0]), show(values[1]), ratio(...values)];
  const medians = ([ours, theirs]: readonly [number[], number[]]): [number, number] => [median(ours), median(theirs)];
  const columns = ["save, ms", "start, ms", "memory, MB"].flatMap((what) => [what, "bun --hot", "ratio"]);
  return {
    title: "hotswap dev beside bun --hot",
    columns: ["code", "modules", ...columns],
    rows: outcomes.map(({ code, save, start, memory }) => [
      code.name,
      show(code.modules),
      ...pair(medians(save)),
      ...pair(medians(start)),
      ...(memory === undefined ? ["-", "-", "-"] : pair(memory.totals)),
    ]),
  };
}

function goals({ code, save, start, memory, steps }: Outcome, empty: number): Goal[] {
  const goal = (what: string, limit: number, [ours, theirs]: readonly [number, number], reason: string): Goal => ({
    goal: `${code.name}: ${what} within ${limit} x of bun --hot`,
    met: ours <= limit * theirs,
    measured: `${show(ours)} against ${show(theirs)}: ${ratio(ours, theirs)}`,
    reason,
  });
  const saveLimit = code.modules >= MANY.modules ? MANY.save : LIMITS.save;
  const saves = goal(
    "a save (ms)",
    saveLimit,
    [median(save[0]), median(save[1])],
    `the largest steps: ${largestSteps(steps)}`,
  );
  const starts = goal(
    "the start (ms)",
    LIMITS.start,
    [median(start[0]), median(start[1])],
    `two Buns start one after the other, each of which takes ${show(empty)} ms when it does nothing; the first loads what starts a host, the second hotswap and its compiler, and compiles everything for the first time`,
  );
  // What synthetic plugins may take, save-to-live says.
  const all = code.name.startsWith("K") ? [starts] : [saves, starts];
  if (memory === undefined) return all;
  const reason = `${show(memory.supervisor)} MB are the command that watches over the host; the host has the compiler and the plugins' sources in it`;
  return [...all, goal(`memory after ${EDITS} edits (MB)`, LIMITS.memory, memory.totals, reason)];
}

function figures({ code, save, start }: Outcome): Figure[] {
  return (
    [
      ["save", save],
      ["start", start],
    ] as const
  ).flatMap(([what, [ours, theirs]]) => [
    less(`${code.name}: ${what}`, "ms", ours),
    less(`${code.name}: ${what}, bun --hot`, "ms", theirs),
  ]);
}
