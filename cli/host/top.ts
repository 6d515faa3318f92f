import type { Metrics } from "../../src/control/protocol.ts";
import { askedToEnd } from "../frame/asked-to-end.ts";
import { defineCommand } from "../frame/command.ts";
import { type Paint, paintFor } from "../terminal/paint.ts";
import { print } from "../terminal/output.ts";
import { connect, hostFlags, printJson } from "./connect.ts";
import { describeErrors } from "./errors.ts";
import { table } from "./table.ts";
import { count, duration } from "./wording.ts";

/** In ms. */
const INTERVAL = 1000;

/** A terminal's whole screen is written again. */
const CLEAR = "\u001B[H\u001B[J";

export const topCommand = defineCommand({
  name: "top",
  description:
    'Shows what a running host\'s plugins do, again every second: errors first, then calls, failures and times by function.\nCalls and times are there when the host was made with { observe: "calls" }. Without a terminal it is shown once.',
  usage: "[--host SOCKET] [--json]",
  flags: hostFlags,
  examples: [{ purpose: "which function is slow?", line: "hotswap top --host /run/app.sock" }],
  async run({ flags }) {
    const client = connect(flags);
    if (flags.json === true) {
      await printJson(await client.metrics());
      return 0;
    }
    const paint = paintFor("stdout");
    const stopped = askedToEnd();
    let before: Metrics | undefined;
    for (;;) {
      const metrics = await client.metrics();
      const text = describeMetrics(metrics, before, paint);
      if (!process.stdout.isTTY) {
        await print(text);
        return 0;
      }
      process.stdout.write(CLEAR);
      await print(text);
      before = metrics;
      const { promise: next, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, INTERVAL);
      const isOver = await Promise.race([stopped.then(() => true), next.then(() => false)]);
      clearTimeout(timer);
      if (isOver) return 0;
    }
  },
});

interface Row {
  readonly plugin: string;
  readonly name: string;
  readonly calls: number | undefined;
  /** Since the last look. */
  readonly rate: number | undefined;
  readonly failures: number;
  readonly underWay: number | undefined;
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** What functions did, the busiest first, for people. */
export function describeMetrics(metrics: Metrics, before: Metrics | undefined, paint: Paint): string {
  const { reloads, generations, leaked } = metrics;
  const head = `${count(generations.length, "generation")}, ${leaked} leaked, ${count(reloads.succeeded, "reload")}, ${reloads.failed} failed\n`;
  const rows = rowsOf(metrics, before);
  const errors = describeErrors(metrics.errors, paint);
  const nothing = 'no function was counted: nothing failed, and calls are counted with { observe: "calls" }\n';
  return `${head}${errors === "" ? "" : `\n${errors}`}\n${rows.length === 0 ? nothing : functionTable(rows, paint)}`;
}

function rowsOf({ generations }: Metrics, before: Metrics | undefined): Row[] {
  const callsBefore = new Map<string, number>(
    before?.generations.flatMap(({ plugin, generation, functions }) =>
      functions.map(({ name, calls }) => [`${plugin}#${generation} ${name}`, calls ?? 0] as const),
    ),
  );
  const rows = generations.flatMap(({ plugin, generation, functions }) =>
    functions.map((fn): Row => {
      const label = `${plugin}#${generation}`;
      const earlier = callsBefore.get(`${label} ${fn.name}`);
      const rate = fn.calls === undefined || earlier === undefined ? undefined : fn.calls - earlier;
      return { ...fn, plugin: label, rate };
    }),
  );
  return rows.toSorted((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || (b.calls ?? 0) - (a.calls ?? 0));
}

function functionTable(rows: readonly Row[], paint: Paint): string {
  const time = (ms: number | undefined): string => (ms === undefined ? "" : duration(ms));
  return table(
    rows,
    [
      { title: "plugin", value: ({ plugin }) => plugin, paint: paint.bold },
      { title: "function", value: ({ name }) => name },
      { title: "calls", value: ({ calls }) => String(calls ?? ""), right: true },
      { title: "calls/s", value: ({ rate }) => String(rate ?? ""), right: true },
      {
        title: "failures",
        value: ({ failures }) => String(failures),
        right: true,
        paint: (text, { failures }) => (failures > 0 ? paint.red(text) : text),
      },
      { title: "under way", value: ({ underWay }) => String(underWay ?? ""), right: true },
      { title: "p50", value: ({ p50 }) => time(p50), right: true },
      { title: "p99", value: ({ p99 }) => time(p99), right: true },
    ],
    paint,
  );
}
