import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../harness/machine.ts";
import { ratio, show, type Spread, spread } from "../harness/statistics.ts";
import type { Measured } from "./results.ts";
import type { Figure } from "./section.ts";

const historyFile = join(import.meta.dir, "..", "history.jsonl");

/** What differs by less than this share is taken for the same, whatever the spread says. */
const LEAST = 0.05;

/** One line of the history: what one benchmark measured. */
export interface HistoryEntry {
  readonly benchmark: string;
  readonly date: string;
  /** The machine's load average when the benchmark began. */
  readonly load: string;
  readonly machine: string;
  readonly versions: readonly string[];
  readonly figures: Readonly<Record<string, PastFigure>>;
}

interface PastFigure extends Spread, Pick<Figure, "unit" | "better"> {
  readonly measurements: number;
}

export function historyEntry(benchmark: string, machine: Machine, { section, date, load }: Measured): HistoryEntry {
  const figures = section.figures.map(({ name, unit, better, values }) => {
    const past: PastFigure = { unit, better, ...spread(values), measurements: values.length };
    return [name, past] as const;
  });
  const { processors, system, versions } = machine;
  return { benchmark, date, load, machine: `${processors}, ${system}`, versions, figures: Object.fromEntries(figures) };
}

export function appendHistory(entries: readonly HistoryEntry[]): void {
  appendFileSync(historyFile, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
}

/** All runs so far, the newest last. Throws when a line cannot be read. */
export function readHistory(): HistoryEntry[] {
  if (!existsSync(historyFile)) return [];
  return readFileSync(historyFile, "utf8")
    .split("\n")
    .flatMap((line, index) => (line === "" ? [] : [parseLine(line, index + 1)]));
}

function parseLine(line: string, number: number): HistoryEntry {
  try {
    return JSON.parse(line) as HistoryEntry;
  } catch (error) {
    throw new Error(`${historyFile}:${number} cannot be read: put it right, or remove the line`, { cause: error });
  }
}

/** The newest run of the same benchmark on the same machine. */
export function lastRun(
  history: readonly HistoryEntry[],
  { benchmark, machine }: HistoryEntry,
): HistoryEntry | undefined {
  return history.findLast((entry) => entry.benchmark === benchmark && entry.machine === machine);
}

/** What changed from one run to another by more than the noise. */
export interface Comparison {
  readonly worse: readonly string[];
  readonly better: readonly string[];
}

/**
 * Compares two runs. A figure has changed when its medians lie apart by more than {@link LEAST}, and the middle halves of its
 * measurements have nothing in common.
 */
export function compareRuns(before: HistoryEntry, now: HistoryEntry): Comparison {
  const worse: string[] = [];
  const better: string[] = [];
  for (const [name, figure] of Object.entries(now.figures)) {
    const past = before.figures[name];
    if (past === undefined || isNoise(past, figure)) continue;
    const line = `${name}: ${show(past.median)} -> ${show(figure.median)} ${figure.unit} (${ratio(figure.median, past.median)})`;
    const isMore = figure.median > past.median;
    (isMore === (figure.better === "more") ? better : worse).push(line);
  }
  return { worse, better };
}

function isNoise(past: PastFigure, now: PastFigure): boolean {
  const overlap = past.low <= now.high && now.low <= past.high;
  return overlap || Math.abs(now.median / past.median - 1) < LEAST;
}
