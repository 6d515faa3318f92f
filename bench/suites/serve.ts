import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { show } from "../harness/statistics.ts";
import type { Run, Section } from "../report/section.ts";

/** Of what Bun.serve does: requests a second, and the 99th percentile of their times. */
const GOALS = { rate: 0.95, p99: 1.1 } as const;

/** What the rest is made of, where it is known; the documentation of servers says how it was measured. */
const WHY: Readonly<Record<string, string>> = {
  waiting:
    "waiting costs two promises, which cost Bun.serve itself 0.5 µs: only so can a client be told 503 when the set of a waiting handler is retired",
  stream:
    "a stream keeps its set, and its source is watched for what it fails with: 0.4 µs in one process, and 40 % more memory to collect",
};

const product = join(import.meta.dir, "..", "product");

interface Load {
  /** Requests, or messages, a second. */
  readonly rate: number;
  /** In ms. */
  readonly p99: number;
}

interface Compared {
  readonly name: string;
  readonly ours: Load;
  readonly theirs: Load;
  /** The medians of what each pair of runs says. */
  readonly rate: number;
  readonly p99: number;
  /** What each pair says of the rate. */
  readonly rates: readonly number[];
}

/** `serve` beside plain `Bun.serve` with the same handlers. */
export async function serve(run: Run): Promise<Section> {
  const title = "Live servers";
  if (Bun.which("wrk") === null) {
    const absent = ["serve beside Bun.serve: wrk is not installed (apt-get install wrk)"];
    return { title, method: "", tables: [], goals: [], absent, charts: [], figures: [] };
  }
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  await using host = Bun.spawn([process.execPath, join(product, "serve.ts")], { cwd: folder.root, stderr: "inherit" });
  const { ours, theirs, names } = JSON.parse(await firstLine(host.stdout)) as Record<"ours" | "theirs", string> & {
    names: readonly string[];
  };
  const rounds = run.quick ? 1 : 9;
  const results: Compared[] = [];
  for (const name of [...names, "WebSocket echo"]) {
    const isSocket = !names.includes(name);
    const load = (server: string): Promise<Load> =>
      isSocket ? loadSockets(new URL("socket", server).href) : loadRequests(new URL(name, server).href);
    const pairs: { ours: Load; theirs: Load }[] = [];
    // The first pair warms both up.
    for (let round = 0; round <= rounds; round++) {
      const first = await load(round % 2 === 0 ? ours : theirs);
      const second = await load(round % 2 === 0 ? theirs : ours);
      if (round > 0) pairs.push(round % 2 === 0 ? { ours: first, theirs: second } : { ours: second, theirs: first });
    }
    const result = compare(name, pairs);
    run.log(`${name}: ${show(result.rate)} of the rate, ${show(result.p99)} of the p99`);
    results.push(result);
  }
  return {
    title,
    method: `The same handlers in plain Bun.serve and as a plugin's functions in serve(), in one process; 32 connections (wrk; sockets: a client in Bun), runs of a second, alternating, ${rounds} pairs after one to warm up. Ratios are medians of the pairs' ratios.`,
    tables: [
      {
        title: "serve beside Bun.serve",
        columns: [
          "answer",
          "a second, serve",
          "a second, Bun.serve",
          "ratio",
          "p99, ms, serve",
          "p99, ms, Bun.serve",
          "ratio",
        ],
        rows: results.map(({ name, ours: our, theirs: their, rate, p99 }) => [
          name,
          show(our.rate),
          show(their.rate),
          rate.toFixed(2),
          our.p99.toFixed(2),
          their.p99.toFixed(2),
          p99.toFixed(2),
        ]),
      },
    ],
    goals: [
      goal(
        `serve does at least ${GOALS.rate} of the requests that Bun.serve does`,
        results,
        "rate",
        (ratio) => ratio >= GOALS.rate,
      ),
      goal(
        `serve's 99th percentile is at most ${GOALS.p99} of Bun.serve's`,
        results,
        "p99",
        (ratio) => ratio <= GOALS.p99,
      ),
    ],
    absent: [],
    charts: [],
    figures: results.map(({ name, rates }) => ({
      name: `${name}: share of Bun.serve's rate`,
      unit: "",
      better: "more" as const,
      values: rates,
    })),
  };
}

function goal(text: string, results: readonly Compared[], figure: "rate" | "p99", isMet: (ratio: number) => boolean) {
  const missed = results.filter((result) => !isMet(result[figure]));
  return {
    goal: text,
    met: missed.length === 0,
    measured: results.map((result) => `${result.name} ${result[figure].toFixed(2)}`).join(", "),
    reason: `missed by: ${missed.map(({ name }) => (name in WHY ? `${name} (${WHY[name]})` : name)).join(", ")}`,
  };
}

function compare(name: string, pairs: readonly { readonly ours: Load; readonly theirs: Load }[]): Compared {
  const of = (pick: (pair: (typeof pairs)[number]) => number): number => median(pairs.map(pick));
  return {
    name,
    ours: { rate: of(({ ours }) => ours.rate), p99: of(({ ours }) => ours.p99) },
    theirs: { rate: of(({ theirs }) => theirs.rate), p99: of(({ theirs }) => theirs.p99) },
    rate: of(({ ours, theirs }) => ours.rate / theirs.rate),
    p99: of(({ ours, theirs }) => ours.p99 / theirs.p99),
    rates: pairs.map(({ ours, theirs }) => ours.rate / theirs.rate),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function loadRequests(url: string): Promise<Load> {
  const output = await outputOf(["wrk", "-t1", "-c32", "-d1s", "--latency", url]);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(output) ?? [];
  if (rate === undefined || p99 === undefined) throw new Error(`wrk says something else:\n${output}`);
  return { rate: Number(rate), p99: Number(p99) * (unit === "us" ? 0.001 : unit === "s" ? 1000 : 1) };
}

async function loadSockets(url: string): Promise<Load> {
  return JSON.parse(await outputOf([process.execPath, join(product, "socket-load.ts"), url, "1"])) as Load;
}

async function outputOf(command: string[]): Promise<string> {
  const child = Bun.spawn(command, { stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
  return output;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) break;
  }
  return text.slice(0, text.indexOf("\n"));
}
