import { join } from "node:path";
import { median, show } from "../harness/statistics.ts";
import { type Goal, type Run, type Section, type Table, less } from "../report/section.ts";

interface Result {
  readonly ways: readonly string[];
  /** ns by shape and way, one for each round. */
  readonly result: Readonly<
    Record<string, Readonly<Record<string, { readonly write: readonly number[]; readonly read: readonly number[] }>>>
  >;
}

/** How long the vault's codec takes for values of ten shapes, beside others. */
export async function codec(run: Run): Promise<Section> {
  const script = join(import.meta.dir, "..", "product", "codec.ts");
  const child = Bun.spawn([process.execPath, script, run.quick ? "1" : "3"], { stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("codec failed");
  const { ways, result } = JSON.parse(output) as Result;
  return {
    title: "Codec",
    method:
      "Values of ten shapes written and read again, with devalue 6.0, superjson 2.2, JSON, bun:jsc's serialize (v8's form) and structuredClone, which copies in one step. What a way cannot carry, or brings back as something else, is -. Only hotswap looks whether a value would come back as it is.",
    tables: [table("Writing, µs", "write", ways, result), table("Reading, µs", "read", ways, result)],
    goals: ["100,000 numbers as Float64Array", "1 MB as Uint8Array"].map((shape) => goal(shape, result[shape])),
    absent: [],
    charts: [],
    figures: Object.entries(result).flatMap(([shape, times]) =>
      (["write", "read"] as const).map((direction) =>
        less(`${direction} ${shape}`, "ns", times["hotswap, text"]?.[direction] ?? []),
      ),
    ),
  };
}

function table(title: string, direction: "write" | "read", ways: Result["ways"], result: Result["result"]): Table {
  return {
    title,
    columns: ["", ...ways],
    rows: Object.entries(result).map(([shape, times]) =>
      [shape].concat(ways.map((way) => show(median(times[way]?.[direction] ?? []) / 1000))),
    ),
  };
}

function goal(shape: string, times: Result["result"][string] | undefined): Goal {
  const ours = median(times?.["hotswap, text"]?.write ?? []);
  const theirs = median(times?.["devalue"]?.write ?? []);
  return {
    goal: `${shape} written at least as fast as by devalue`,
    met: ours <= theirs,
    measured: `${show(ours / 1000)} µs against ${show(theirs / 1000)}`,
    reason: ours <= theirs ? "" : "hotswap also copies the bytes when the value is set, before they become text",
  };
}
