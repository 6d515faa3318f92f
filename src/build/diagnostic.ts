import { relative } from "node:path";
import type { Span } from "oxc-parser";
import { type ErrorCode, HotswapError } from "../errors.ts";

/** Something that is wrong in a plugin's source, and where. */
export interface Diagnostic {
  /** Absolute path of the file. */
  readonly file: string;
  /** From 1; 0 when the problem is the file as a whole. */
  readonly line: number;
  /** From 1; 0 when the problem is the file as a whole. */
  readonly column: number;
  readonly message: string;
  /** The lines around it with their numbers and a caret, without colours; empty when there is no position. */
  readonly frame: string;
  /** The error that it would be at load time, if it is one that is found there, too. */
  readonly code?: ErrorCode;
}

/** Thrown when a plugin cannot be built, with every problem that was found. The code is HOTSWAP_BUILD_FAILED. */
export class BuildError extends HotswapError {
  readonly diagnostics: readonly Diagnostic[];

  constructor(plugin: string, diagnostics: readonly Diagnostic[], cause?: unknown) {
    const count = diagnostics.length === 1 ? "1 error" : `${diagnostics.length} errors`;
    super("HOTSWAP_BUILD_FAILED", [`${plugin}: ${count}`, ...diagnostics.map(formatDiagnostic)].join("\n\n"), {
      plugin,
      ...(cause === undefined ? {} : { cause }),
    });
    this.diagnostics = diagnostics;
  }
}

/** `plugin/alpha/index.ts:3:12: message` with the frame below it; the path is relative to the current folder. */
export function formatDiagnostic({ file, line, column, message, frame }: Diagnostic): string {
  const place = line > 0 ? `${displayPath(file)}:${line}:${column}` : displayPath(file);
  return `${place}: ${message}${frame === "" ? "" : `\n${frame}`}`;
}

/** Path of `file` relative to the current folder, with forward slashes. */
export function displayPath(file: string): string {
  const path = relative(process.cwd(), file).replaceAll("\\", "/");
  return path === "" ? "." : path;
}

/** A problem of a file as a whole. */
export function fileDiagnostic(file: string, message: string, code?: ErrorCode): Diagnostic {
  return { file, line: 0, column: 0, message, frame: "", ...(code === undefined ? {} : { code }) };
}

/** A problem between two UTF-16 indices of the file's `text`. */
export function diagnosticAt(file: string, text: string, message: string, { start, end }: Span): Diagnostic {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const line = text.slice(0, lineStart).split("\n").length;
  const column = start - lineStart + 1;
  return { file, line, column, message, frame: codeFrame(text, line, column, end - start) };
}

/** Of a longer line, which is not written by people, so many characters are shown, and from here on those around the column. */
const LONGEST = 160;
const BEFORE = 60;

/**
 * The line at `line`, two before and one after it, with a caret under `length` characters from `column` on. Of long lines, what is
 * around the column.
 */
export function codeFrame(text: string, line: number, column: number, length: number): string {
  const lines = text.split(/\r?\n/);
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 1);
  const width = String(last).length;
  const frame: string[] = [];
  const from = column + BEFORE > LONGEST ? column - 1 - BEFORE : 0;
  for (let number = first; number <= last; number++) {
    const whole = lines[number - 1] ?? "";
    const left = from > 0 && whole.length > 0 ? "…" : "";
    const right = whole.length > from + LONGEST ? "…" : "";
    const source = `${left}${whole.slice(from, from + LONGEST)}${right}`.toWellFormed();
    frame.push(`${number === line ? ">" : " "} ${String(number).padStart(width)} | ${source}`.trimEnd());
    if (number !== line) continue;
    const start = left.length + column - 1 - from;
    const indent = blank(source.slice(0, start));
    const marked = source.slice(start, start + length);
    frame.push(`  ${" ".repeat(width)} | ${indent}${"^".repeat(Math.max(1, Bun.stringWidth(marked)))}`);
  }
  return frame.join("\n");
}

/** As wide as `text` on a terminal: tabs stay, and East Asian characters take two columns. */
function blank(text: string): string {
  return text.replaceAll(/[^\t]+/g, (run) => " ".repeat(Bun.stringWidth(run)));
}
