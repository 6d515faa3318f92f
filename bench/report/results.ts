import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../harness/machine.ts";
import { renderChart } from "./chart.ts";
import { renderDigest, renderPage } from "./markdown.ts";
import type { Section } from "./section.ts";

const bench = join(import.meta.dir, "..");
const resultsFile = join(bench, "results.json");
const readme = join(bench, "..", "README.md");

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
 * `chart.svg` and, where it has the markers, the README. Answers what was written, in words.
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
  return ["bench/results.md, bench/results.json and bench/chart.svg are written", updateReadme(renderDigest(results))];
}

function readPrevious(): Results | undefined {
  if (!existsSync(resultsFile)) return undefined;
  return JSON.parse(readFileSync(resultsFile, "utf8")) as Results;
}

function updateReadme(digest: string): string {
  if (!existsSync(readme)) return "README.md does not exist: nothing is put there";
  const before = readFileSync(readme, "utf8");
  const [open, close] = ["<!-- bench -->", "<!-- /bench -->"];
  const start = before.indexOf(open);
  const end = before.indexOf(close, start);
  if (start === -1 || end === -1) return `README.md has no ${open} ... ${close}: it is left alone`;
  writeFileSync(readme, `${before.slice(0, start + open.length)}\n${digest}\n${before.slice(end)}`);
  return "README.md shows the new figures";
}
