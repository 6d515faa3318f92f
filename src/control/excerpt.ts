import { readFileSync, statSync } from "node:fs";
import type { Place } from "../place.ts";

/** Lines that are shown before and after. */
const AROUND = 2;

/** A longer line is cut: it is not written by people. */
const LONGEST = 200;

/** Files that were read are kept for the next look, so many at the most. */
const KEPT = 50;

const known = new Map<string, string | null>();

/** The source around a place, with the column marked; `null` where the source is not there. */
export function excerptOf(place: Place | undefined): string | null {
  if (place === undefined) return null;
  // What is edited is read again.
  const edited = statSync(place.file, { throwIfNoEntry: false })?.mtimeMs;
  const key = `${place.file}:${place.line}:${place.column} ${edited}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const excerpt = readExcerpt(place);
  known.set(key, excerpt);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return excerpt;
}

function readExcerpt({ file, line, column }: Place): string | null {
  let lines: readonly string[];
  try {
    lines = readFileSync(file, "utf8").split("\n");
  } catch {
    // A host may run without its plugins' sources.
    return null;
  }
  if (line > lines.length) return null;
  const from = Math.max(1, line - AROUND);
  const shown = lines.slice(from - 1, line + AROUND);
  const width = String(from + shown.length - 1).length;
  const numbered = shown.flatMap((text, index) => {
    const number = from + index;
    const row = `${String(number).padStart(width)} | ${text.slice(0, LONGEST)}`;
    return number === line ? [row, `${" ".repeat(width)} | ${" ".repeat(Math.max(0, column - 1))}^`] : [row];
  });
  return numbered.join("\n");
}
