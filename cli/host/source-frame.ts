import { readFileSync } from "node:fs";
import { codeFrame, displayPath } from "../../src/build/diagnostic.ts";
import type { ErrorReport, WireError } from "../../src/control/protocol.ts";

/** Lines that one message may have at the most. */
const MOST_LINES = 14;

/**
 * Where an error was thrown, with the source around it as it is now; `undefined` when that is not known, or is no file of this
 * machine.
 */
export function sourceFrame(place: WireError["place"] | ErrorReport["place"]): string | undefined {
  if (place === undefined || place === null) return undefined;
  const { file, line, column } = place;
  try {
    return `${displayPath(file)}:${line}:${column}\n${codeFrame(readFileSync(file, "utf8"), line, column, 1)}`;
  } catch {
    // A host may run elsewhere, or without its plugins' sources.
    return undefined;
  }
}

/** A message and the frame of its place, in so many lines as one look takes in: of a list of problems, the first. */
export function inFewLines(message: string): string {
  const [head = "", ...problems] = message.split("\n\n");
  const kept = [head];
  let lines = head.split("\n").length;
  for (const problem of problems) {
    lines += problem.split("\n").length + 1;
    if (lines > MOST_LINES && kept.length > 1) break;
    kept.push(problem);
  }
  const left = problems.length + 1 - kept.length;
  const text = kept.join("\n\n").split("\n");
  const cut = text.length > MOST_LINES ? [...text.slice(0, MOST_LINES - 1), "…"] : text;
  return [...cut, ...(left > 0 ? [`and ${left} more`] : [])].join("\n");
}

/** The beginning of a message, and the frame of its place, in so many lines as one look takes in. */
export function inFewLinesWith(message: string, frame: string | undefined): string {
  if (frame === undefined) return inFewLines(message);
  const lines = message.split("\n");
  const room = MOST_LINES - frame.split("\n").length;
  const kept = lines.length > room ? [...lines.slice(0, room - 1), "…"] : lines;
  return [...kept, frame].join("\n");
}
