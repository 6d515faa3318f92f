import { fstatSync, statSync } from "node:fs";
import { devNull } from "node:os";
import { visible } from "../../src/visible.ts";

/** Where a command writes to. */
export type Output = "stdout" | "stderr";

const descriptors: Readonly<Record<Output, number>> = { stdout: 1, stderr: 2 };

/*
 * The first touch of process.stdin, process.stdout or process.stderr loads all that Node.js knows of streams and terminals, which
 * takes as long as two small builds. Nothing here touches them unless a terminal may be there.
 */

/** Writes to stdout, and waits until it is written. Rejects when that is not possible, as when nobody reads any more. */
export async function print(text: string): Promise<void> {
  await Bun.write(Bun.stdout, shown(text, "stdout"));
}

/** The same for stderr. */
export async function printError(text: string): Promise<void> {
  await Bun.write(Bun.stderr, shown(text, "stderr"));
}

/** The colours of `paintFor`. */
// oxlint-disable-next-line no-control-regex
const COLOURS = /(\u001B\[(?:1|2|22|31|32|33|36|39)m)/;

/**
 * The text, safe to print: it keeps our own colours, and nothing else that acts on a terminal, whatever a plugin is
 * called or an error says.
 */
export function shown(text: string, output: Output): string {
  if (!hasColours(output)) return visible(text);
  return text
    .split(COLOURS)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join("");
}

/** As Bun does: with FORCE_COLOR, whatever else is set; or on a terminal, and not when NO_COLOR is set. */
export function hasColours(output: Output): boolean {
  const { FORCE_COLOR: forced = "", NO_COLOR: refused = "" } = process.env;
  if (forced !== "") return forced !== "0" && forced !== "false";
  return refused === "" && isTerminal(output);
}

/** A person is looking: colours and movement are welcome. */
export function isTerminal(output: Output): boolean {
  return mayBeTerminal(descriptors[output]) && process[output].isTTY && process.env["TERM"] !== "dumb";
}

/** Somebody may press keys. */
export function hasKeys(): boolean {
  return mayBeTerminal(0) && process.stdin.isTTY;
}

/** A file, a pipe, a socket and the null device are none. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isCharacterDevice() && stats.rdev !== statSync(devNull, { throwIfNoEntry: false })?.rdev;
  } catch {
    // It is closed, or of a kind that cannot be asked.
    return true;
  }
}
