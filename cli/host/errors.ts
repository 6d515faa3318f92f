import { relative } from "node:path";
import type { ErrorReport } from "../../src/control/protocol.ts";
import type { Paint } from "../terminal/paint.ts";
import { ago } from "./wording.ts";

/** Errors that are shown before the rest is only counted. */
const SHOWN = 10;

/** Errors of plugins for people, the newest first, two lines each; empty when there are none. */
export function describeErrors(errors: readonly ErrorReport[], paint: Paint): string {
  if (errors.length === 0) return "";
  const lines = errors.slice(0, SHOWN).flatMap((error) => describeError(error, paint));
  if (errors.length > SHOWN) lines.push(`  and ${errors.length - SHOWN} more: --json has all`);
  return `${paint.red("errors")}\n${lines.join("\n")}\n`;
}

/** What it is and how often it came, and where. */
export function describeError(error: ErrorReport, paint: Paint): [string, string] {
  const { plugin, generation, name, message, count, lastAt } = error;
  const times = count === 1 ? "once" : `${count} times`;
  return [
    `  ${paint.bold(`${plugin}#${generation}`)} ${paint.red(`${name}: ${firstLine(message)}`)}`,
    `    ${[sourceOf(error), placeOf(error), `${times}, last ${ago(lastAt)}`].filter(Boolean).join(", ")}`,
  ];
}

function sourceOf({ source, function: name }: ErrorReport): string {
  if (source === "call") return `in ${name}()`;
  return source === "unhandledRejection" ? "a rejection that nobody handled" : "in background work";
}

function placeOf({ place }: ErrorReport): string {
  if (place === null) return "";
  const path = relative(process.cwd(), place.file);
  return `${path.startsWith("..") ? place.file : path}:${place.line}:${place.column}`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
