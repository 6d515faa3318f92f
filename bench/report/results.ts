import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../harness/machine.ts";
import { renderChart } from "./chart.ts";
import { renderDigest, renderGoalsDigest, renderPage } from "./markdown.ts";
import type { Section } from "./section.ts";

const bench = join(import.meta.dir, "..");
const resultsFile = join(bench, "results.json");
const checkout = join(bench, "..");

/** What was measured last, benchmark by benchmark. */
export interface Results {
  /** Where the newest figures are from. */
  readonly machine: Machine;
  readonly sections: Readonly<Record<string, Measured>>;
}

export interface Measured {
  readonly section: Section;
  readonly date: string;
  /** The machine's load average when the benchmark began: what else was going on. */
  readonly load: string;
}

/**
 * Puts `measured` in the place of older figures of the same benchmarks, and writes `results.json`, `results.md`,
 * `chart.svg` and, between their markers, the figures of the README and of docs/performance.md. Returns what was written,
 * in words.
 */
export function saveResults(
  machine: Machine,
  measured: Readonly<Record<string, Measured>>,
  order: readonly string[],
): string[] {
  const previous = readPrevious();
  const sections: Record<string, Measured> = {};
  for (const name of order) {
    const section = measured[name] ?? previous?.sections[name];
    if (section !== undefined) sections[name] = section;
  }
  const results: Results = { machine, sections };
  writeFileSync(resultsFile, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(join(bench, "results.md"), renderPage(results));
  writeFileSync(
    join(bench, "chart.svg"),
    renderChart(Object.values(sections).flatMap(({ section }) => section.charts)),
  );
  return [
    "bench/results.md, bench/results.json and bench/chart.svg are written",
    updateDocument("README.md", "bench", renderDigest(results)),
    updateDocument("docs/performance.md", "bench goals", renderGoalsDigest(results)),
  ];
}

function readPrevious(): Results | undefined {
  if (!existsSync(resultsFile)) return undefined;
  return JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
}

/** Puts `digest` between the markers called `marker`. */
function updateDocument(path: string, marker: string, digest: string): string {
  const file = join(checkout, path);
  if (!existsSync(file)) return `${path} does not exist: nothing is put there`;
  const before = readFileSync(file, "utf8");
  const [open, close] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`];
  const start = before.indexOf(open);
  const end = before.indexOf(close, start);
  if (start === -1 || end === -1) return `${path} has no ${open} ... ${close}: it is left alone`;
  writeFileSync(file, `${before.slice(0, start + open.length)}\n${digest}\n${before.slice(end)}`);
  return `${path} shows the new figures`;
}
