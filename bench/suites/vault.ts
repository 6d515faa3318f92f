import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { ratio, show } from "../harness/statistics.ts";
import type { Run, Section, Table } from "../report/section.ts";

/** ns of each way, by value. */
type Comparison = Readonly<Record<string, Readonly<Record<string, number>>>>;

interface Result {
  readonly bag: Comparison;
  readonly liveData: Comparison;
  /** Rows a second. */
  readonly flush: Readonly<Record<string, number>>;
  /** Milliseconds, by number of entries. */
  readonly reload: Readonly<Record<string, number>>;
}

/** What data costs that outlives its code: the data bag, live data, the store. */
export async function vault(run: Run): Promise<Section> {
  const [rounds, entries, batch] = run.quick ? [1, 1000, 100] : [5, 1_000_000, 10_000];
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(import.meta.dir, "..", "product", "vault.ts");
  const command = [process.execPath, script, ...[rounds, entries, batch].map(String)];
  const child = Bun.spawn(command, { cwd: folder.root, stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("vault failed");
  const result = JSON.parse(output) as Result;
  return {
    title: "Vault",
    method:
      "The data bag copies what goes in and comes out, so the fair comparison is a Map with structuredClone. Raw bun:sqlite: a prepared statement, write-ahead log, synchronous = FULL.",
    tables: [
      comparisonTable("Data bag, ns", result.bag),
      comparisonTable("Live data, ns", result.liveData),
      flushTable(result.flush, batch),
      {
        title: "A reload of one changed plugin, by entries in the data bag, ms",
        columns: ["entries", "reload"],
        rows: Object.entries(result.reload).map(([count, ms]) => [show(Number(count)), show(ms)]),
      },
    ],
    goals: [],
    absent: [],
    charts: [],
    figures: [],
  };
}

function comparisonTable(title: string, comparison: Comparison): Table {
  const ways = Object.keys(Object.values(comparison)[0] ?? {});
  return {
    title,
    columns: ["", ...Object.keys(comparison)],
    rows: ways.map((way) => [way].concat(Object.values(comparison).map((times) => show(times[way] ?? Number.NaN)))),
  };
}

function flushTable(flush: Result["flush"], batch: number): Table {
  const rate = (name: string): number => flush[name] ?? Number.NaN;
  return {
    title: "Rows written to disk, a second",
    columns: ["", "data bag, set and flush", "raw bun:sqlite", "share"],
    rows: [
      [`${show(batch)} rows at once`, show(rate("bag")), show(rate("raw")), ratio(rate("bag"), rate("raw"))],
      [
        "one row at a time",
        show(rate("bag, one by one")),
        show(rate("raw, one by one")),
        ratio(rate("bag, one by one"), rate("raw, one by one")),
      ],
    ],
  };
}
