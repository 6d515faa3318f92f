import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { type Codebase, codebaseAbsence, codebases, copyCodebase } from "../harness/codebases.ts";
import { Folder } from "../harness/folder.ts";
import { Host } from "../harness/host.ts";
import { pinned } from "../harness/pinning.ts";
import { heavyEntry, pluginFiles } from "../harness/source.ts";
import { numbered, Stamp } from "../harness/stamp.ts";
import { median, ratio, show } from "../harness/statistics.ts";
import { type Goal, less, type Run, type Section, type Table } from "../report/section.ts";

const scripts = join(import.meta.dir, "..", "product");
const mark = (number: number): string => numbered("mark", number);
/** Connections that ask all the time while a version is replaced. */
const CONNECTIONS = 8;

/** A server whose code is replaced. */
interface Code {
  readonly name: string;
  /** Writes the code into `plugin/code`; returns its entry from there. */
  readonly write: (folder: Folder) => string;
}

/** One way to replace it. */
interface Way {
  readonly name: string;
  readonly address: string;
  readonly replace: (version: number) => Promise<void>;
  /** Nanoseconds of processor time that its processes, also those that have ended, have taken so far. */
  readonly processor: () => number;
  /** Milliseconds until the first new answer, and until no old one comes any more. */
  readonly first: number[];
  readonly last: number[];
  readonly work: number[];
  requests: number;
  failed: number;
}

/** A new version of a server's code: published to a running host, beside a rolling restart. */
export async function deploy(run: Run): Promise<Section> {
  const absent: string[] = [];
  const outcomes: { code: string; ways: Way[] }[] = [];
  for (const code of codes(run, absent)) outcomes.push({ code: code.name, ways: await measure(code, run) });
  return {
    title: "A new version in production",
    method: `A server with code of some size gets a new version. hotswap: one host; the artifact, built and bundled before, is published into the folder that it watches. Rolling restart: the same code bundled into one file with its server; a new process starts on the same port (reusePort), and when it listens the old one ends (SIGTERM, server.stop()). ${CONNECTIONS} connections ask all the time, with keep-alive; the processor time is measured in other rounds, without them. Servers on one processor, the client beside them.`,
    tables: [table(outcomes)],
    goals: outcomes.map(goal),
    absent,
    charts: [],
    figures: outcomes.flatMap(({ code, ways }) =>
      ways.flatMap(({ name, first, work }) => [
        less(`${code}, ${name}: first new answer`, "ms", first),
        less(`${code}, ${name}: processor time`, "ms", work),
      ]),
    ),
  };
}

function codes(run: Run, absent: string[]): Code[] {
  const synthetic = (run.quick ? [1] : [1, 50, 500]).map((modules): Code => ({
    name: `${modules} module${modules === 1 ? "" : "s"} of 1 KB`,
    write: (folder) => {
      const files = pluginFiles({ modules, language: "ts", definition: false }, 0);
      for (const [path, content] of Object.entries(files)) folder.write({ [path.replace("/", "/code/")]: content });
      return "index.ts";
    },
  }));
  const large: Code = {
    name: "one module of 1 MB",
    write: (folder) => {
      const entry = heavyEntry({ language: "ts", definition: false }, "heavy", { functions: 9200, state: 1024 });
      folder.write({ "plugin/code/index.ts": entry });
      return "index.ts";
    },
  };
  const real = codebases
    .filter(({ name }) => ["zod", "effect", "kysely"].includes(name))
    .filter((codebase) => {
      const reason = codebaseAbsence(codebase);
      if (reason !== undefined) absent.push(reason);
      return reason === undefined;
    });
  return run.quick ? synthetic : [...synthetic, large, ...real.map(ofCodebase)];
}

function ofCodebase(codebase: Codebase): Code {
  return {
    name: codebase.name,
    write: (folder) => {
      copyCodebase(codebase, folder, "plugin/code");
      return codebase.entry;
    },
  };
}

async function measure(code: Code, run: Run): Promise<Way[]> {
  await using resources = new AsyncDisposableStack();
  const ways = [await startHotswap(code, resources), await startRolling(code, resources)];
  const rounds = run.quick ? 2 : 9;
  let version = 0;
  for (let round = -1; round < rounds; round++) {
    for (const way of ways) {
      version++;
      await replaceUnderLoad(way, version, round >= 0);
      version++;
      const before = way.processor();
      await way.replace(version);
      await untilServed(way, version);
      // What the version before has left is freed.
      await Bun.sleep(200);
      if (round >= 0) way.work.push((way.processor() - before) / 1e6);
    }
  }
  run.log(
    `${code.name}: ${ways.map(({ name, first, failed }) => `${name} ${show(median(first))} ms, ${failed} failed`).join("; ")}`,
  );
  return ways;
}

async function replaceUnderLoad(way: Way, version: number, counted: boolean): Promise<void> {
  const text = mark(version);
  const seen = { first: Number.NaN, last: Number.NaN, requests: 0, failed: 0 };
  const stop = new AbortController();
  const ask = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        const response = await fetch(way.address, { signal: AbortSignal.timeout(5000) });
        const isNew = (await response.text()).startsWith(text);
        const now = performance.now();
        seen.requests++;
        if (!response.ok) seen.failed++;
        else if (!isNew) seen.last = now;
        else if (Number.isNaN(seen.first)) seen.first = now;
      } catch {
        seen.requests++;
        seen.failed++;
      }
    }
  };
  const asking = Array.from({ length: CONNECTIONS }, ask);
  await Bun.sleep(200);
  const start = performance.now();
  await way.replace(version);
  await untilServed(way, version);
  await Bun.sleep(100);
  stop.abort();
  await Promise.all(asking);
  if (!counted) return;
  way.first.push(seen.first - start);
  way.last.push(Math.max(seen.last, seen.first) - start);
  way.requests += seen.requests;
  way.failed += seen.failed;
}

async function untilServed({ name, address }: Way, version: number): Promise<void> {
  const end = performance.now() + 20_000;
  while (performance.now() < end) {
    const answer = await fetch(address).then(
      (response) => response.text(),
      () => "",
    );
    if (answer.startsWith(mark(version))) return;
    await Bun.sleep(2);
  }
  throw new Error(`${name} does not serve ${mark(version)}`);
}

function newWay(name: string, address: string, parts: Pick<Way, "replace" | "processor">): Way {
  return { name, address, ...parts, first: [], last: [], work: [], requests: 0, failed: 0 };
}

function entrySource(entry: string, definition: boolean): string {
  return `${definition ? 'import { definePlugin } from "hotswap";\n' : ""}import * as code from "./code/${entry}";
const all: object = code;
export function handle(): string {
  return "${mark(0)}:" + Object.keys(all).length;
}
${definition ? "export default definePlugin({ functions: { handle } });\n" : ""}`;
}

async function startHotswap(code: Code, resources: AsyncDisposableStack): Promise<Way> {
  const folder = resources.use(new Folder());
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  folder.write({ "plugin/index.ts": entrySource(code.write(folder), true) });
  const { file } = await build({ pluginDir: folder.path("plugin"), outputDir: folder.path("bin"), root: folder.root });
  const stamp = await Stamp.of(file, mark(0));
  const command = [process.execPath, join(scripts, "deploy.ts")];
  const host = resources.use(await Host.start({ name: "hotswap", command, cwd: folder.root }));
  return newWay("hotswap", host.address, {
    replace: async (version) => stamp.publish("plugin", mark(version)),
    processor: () => processorTime(host.pid),
  });
}

async function startRolling(code: Code, resources: AsyncDisposableStack): Promise<Way> {
  const folder = resources.use(new Folder());
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.write({
    "plugin/index.ts": entrySource(code.write(folder), false),
    "server.ts": `import { handle } from "./plugin/index.ts";
const port = Number(process.env.PORT);
const server = Bun.serve({ port, hostname: "127.0.0.1", reusePort: true, fetch: () => new Response(handle()) });
process.on("SIGTERM", () => void server.stop().then(() => process.exit(0)));
console.log(server.port);
`,
  });
  const built = await Bun.build({ entrypoints: [folder.path("server.ts")], target: "bun" });
  const text = (await built.outputs[0]?.text()) ?? "";
  let ended = 0;
  const start = async (version: number, port: string) => {
    const file = `server-${version}.js`;
    folder.write({ [file]: text.replaceAll(mark(0), mark(version)) });
    const env = { ...process.env, PORT: port };
    const child = Bun.spawn(pinned([process.execPath, file]), { cwd: folder.root, env, stderr: "inherit" });
    return { child, port: await firstLine(child.stdout) };
  };
  let { child, port } = await start(0, "0");
  resources.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  return newWay("rolling restart", `http://127.0.0.1:${port}`, {
    replace: async (version) => {
      const old = child;
      ({ child } = await start(version, port));
      const before = processorTime(old.pid);
      old.kill("SIGTERM");
      await old.exited;
      ended += Number(old.resourceUsage()?.cpuTime.total ?? 0) * 1000 || before;
    },
    processor: () => ended + processorTime(child.pid),
  });
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await stream.getReader().read();
  return new TextDecoder().decode(value).trim();
}

/** Of a process that runs: all of its threads together, in ns. */
function processorTime(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(join(tasks, task, "schedstat"), "utf8").split(" ")[0]);
    } catch {
      // A thread that has just ended.
      return sum;
    }
  }, 0);
}

function table(outcomes: readonly { code: string; ways: readonly Way[] }[]): Table {
  return {
    title: "From the new version until it serves",
    columns: ["code", "way", "first new answer, ms", "last old answer, ms", "processor time, ms", "requests", "failed"],
    rows: outcomes.flatMap(({ code, ways }) =>
      ways.map(({ name, first, last, work, requests, failed }) => [
        code,
        name,
        show(median(first)),
        show(median(last)),
        show(median(work)),
        show(requests),
        String(failed),
      ]),
    ),
  };
}

function goal({ code, ways }: { readonly code: string; readonly ways: readonly Way[] }): Goal {
  const [ours, theirs] = ways;
  if (ours === undefined || theirs === undefined) throw new Error("nothing was measured");
  const [time, work] = [
    [median(ours.first), median(theirs.first)],
    [median(ours.work), median(theirs.work)],
  ] as const;
  return {
    goal: `A new version of ${code}: sooner than by a rolling restart, with less work, and no failed request`,
    met: time[0] < time[1] && work[0] < work[1] && ours.failed === 0,
    measured: `${show(time[0])} against ${show(time[1])} ms: ${ratio(...time)}; processor ${show(work[0])} against ${show(work[1])} ms; ${ours.failed} and ${theirs.failed} failed`,
    reason: [
      time[0] < time[1] ? [] : [`it serves ${show(time[0] - time[1])} ms later`],
      work[0] < work[1]
        ? []
        : [`it takes ${show(work[0] - work[1])} ms more of the processor, in the process that also serves`],
      ours.failed === 0 ? [] : [`${ours.failed} requests failed`],
    ]
      .flat()
      .join("; "),
  };
}
