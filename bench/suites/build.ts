import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { pluginFiles } from "../harness/source.ts";
import { alternate, median, ratio, show } from "../harness/statistics.ts";
import { type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

/** What `hotswap build` may take in multiples of a script that only calls `Bun.build`. */
const FACTOR = 1.5;
const bun = process.execPath;
const bareBuild = join(import.meta.dir, "..", "product", "bare-build.ts");

interface Command {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  /** Milliseconds of each run. */
  readonly wall: number[];
  readonly processor: number[];
}

interface Outcome {
  readonly modules: number;
  readonly hotswap: Command;
  readonly bunWithMap: Command;
  readonly bun: Command;
  /** A script that calls `Bun.build` and writes the result: the limit of a command that is written for Bun. */
  readonly bare: Command;
}

/** `hotswap build` as a process against `bun build` of the same folder, and many plugins in one command. */
export async function build(run: Run): Promise<Section> {
  using user = new Folder();
  const cli = await user.installHotswap();
  const outcomes: Outcome[] = [];
  for (const modules of run.quick ? [1, 50] : [1, 50, 500, 5000]) outcomes.push(await oneFolder(cli, modules, run));
  const many = await manyPlugins(cli, run);
  return {
    title: "Build",
    method:
      "Whole processes, from the start to the exit, on all processors. `hotswap` is what users install: the package as it is packed, with the build command in one file. An artifact carries its source map, so `bun build --sourcemap=inline` stands beside it.",
    tables: [folderTable(outcomes), many.table],
    goals: [...outcomes.map(folderGoal), many.goal],
    absent: [],
    charts: [],
    figures: outcomes.flatMap(({ modules, hotswap, bare }) =>
      [hotswap, bare].map(({ name, wall }) => less(`${modules} modules, ${name}`, "ms", wall)),
    ),
  };
}

async function oneFolder(cli: string, modules: number, run: Run): Promise<Outcome> {
  using folder = new Folder();
  folder.write({
    "package.json": `{ "type": "module" }`,
    ...pluginFiles({ modules, language: "ts", definition: true }, 0),
  });
  folder.useHotswap();
  const entry = folder.path("plugin", "index.ts");
  const bunBuild = [bun, "build", entry, "--target=bun", "--external=hotswap", `--outfile=${folder.path("bun.js")}`];
  const outcome: Outcome = {
    modules,
    hotswap: command("hotswap build", [[bun, cli, "build", folder.path("plugin"), folder.path("bin")]]),
    bunWithMap: command("bun build --sourcemap=inline", [[...bunBuild, "--sourcemap=inline"]]),
    bun: command("bun build", [bunBuild]),
    bare: command("a script that only calls Bun.build", [[bun, bareBuild, entry, folder.path("bare.js")]]),
  };
  const rounds = run.quick ? 2 : modules > 1000 ? 7 : 15;
  await alternate([outcome.hotswap, outcome.bunWithMap, outcome.bun, outcome.bare], rounds + 1, (subject, round) =>
    time(subject, folder.root, round > 0),
  );
  run.log(`${modules} modules: ${show(median(outcome.hotswap.wall))} / ${show(median(outcome.bunWithMap.wall))} ms`);
  return outcome;
}

async function manyPlugins(cli: string, run: Run): Promise<{ table: Table; goal: Goal }> {
  using folder = new Folder();
  const count = run.quick ? 4 : 40;
  const names = Array.from({ length: count }, (_, index) => `plugin${index}`);
  const files = pluginFiles({ modules: 10, language: "ts", definition: true }, 0);
  folder.write({ "package.json": `{ "type": "module" }` });
  for (const name of names) {
    for (const [path, content] of Object.entries(files)) folder.write({ [path.replace("plugin", name)]: content });
  }
  folder.useHotswap();
  const dirs = names.map((name) => folder.path(name));
  for (const out of ["one", "each"]) mkdirSync(folder.path(out));
  const together = command("hotswap build, one command", [[bun, cli, "build", ...dirs, folder.path("one")]]);
  const each = command(
    "hotswap build, a process each",
    dirs.map((dir) => [bun, cli, "build", dir, folder.path("each")]),
  );
  const bunEach = command(
    "bun build, a process each",
    dirs.map((dir) => [
      bun,
      "build",
      join(dir, "index.ts"),
      "--target=bun",
      "--external=hotswap",
      "--sourcemap=inline",
      `--outfile=${dir}.js`,
    ]),
  );
  await alternate([together, each, bunEach], run.quick ? 1 : 3, (subject) => time(subject, folder.root, true));
  for (const out of ["one", "each"]) {
    const made = readdirSync(folder.path(out)).length;
    if (made !== count) throw new Error(`${made} of ${count} plugins were built into ${out}`);
  }
  const rows = [together, each, bunEach].map((subject) => [
    subject.name,
    show(median(subject.wall)),
    show(median(subject.processor)),
    ratio(median(subject.wall), median(together.wall)),
  ]);
  return {
    table: {
      title: `${count} plugins of 10 modules`,
      columns: ["command", "ms", "processor ms", "in multiples of one command"],
      rows,
    },
    goal: {
      goal: "Build: many plugins in one command share one process and run in parallel",
      met: median(together.wall) < median(bunEach.wall) && median(together.wall) < median(each.wall),
      measured: `${count} plugins: ${show(median(together.wall))} ms; ${show(median(each.wall))} ms with a process each, ${show(median(bunEach.wall))} ms with a bun build each`,
      reason: "one command takes longer than a process for each plugin",
    },
  };
}

function command(name: string, commands: readonly (readonly string[])[]): Command {
  return { name, commands, wall: [], processor: [] };
}

function time(subject: Command, cwd: string, counted: boolean): void {
  let processor = 0;
  const start = performance.now();
  for (const words of subject.commands) {
    const result = Bun.spawnSync([...words], { cwd, stdout: "pipe", stderr: "pipe" });
    if (!result.success) throw new Error(`${words.join(" ")} failed:\n${result.stderr.toString()}`);
    processor += Number(result.resourceUsage.cpuTime.total) / 1000;
  }
  const wall = performance.now() - start;
  if (!counted) return;
  subject.wall.push(wall);
  subject.processor.push(processor);
}

function folderTable(outcomes: readonly Outcome[]): Table {
  const commands: readonly (keyof Omit<Outcome, "modules">)[] = ["hotswap", "bunWithMap", "bun", "bare"];
  const [first] = outcomes;
  return {
    title: "One plugin, ms (processor ms)",
    columns: ["modules", ...commands.map((key) => first?.[key].name ?? key), "hotswap : bun build with map"],
    rows: outcomes.map((outcome) => [
      show(outcome.modules),
      ...commands.map((key) => `${show(median(outcome[key].wall))} (${show(median(outcome[key].processor))})`),
      ratio(median(outcome.hotswap.wall), median(outcome.bunWithMap.wall)),
    ]),
  };
}

function folderGoal({ modules, hotswap, bunWithMap, bare }: Outcome): Goal {
  const [ours, theirs, least] = [median(hotswap.wall), median(bunWithMap.wall), median(bare.wall)];
  return {
    goal: `Build, ${show(modules)} module${modules === 1 ? "" : "s"}: within ${FACTOR} x of a script that only calls Bun.build`,
    met: ours <= FACTOR * least,
    measured: `${show(ours)} ms against ${show(least)} ms: ${ratio(ours, least)} (bun build ${show(theirs)} ms)`,
    reason: `${show(ours - least)} ms are ours`,
  };
}
