import { fstatSync } from "node:fs";

/** Where a command writes to. */
export type Output = "stdout" | "stderr";

const descriptors: Readonly<Record<Output, number>> = { stdout: 1, stderr: 2 };

/*
 * The first touch of process.stdout or process.stderr loads all that Node.js knows of streams and terminals, which takes
 * as long as two small builds. Nothing here touches them unless a terminal may be there.
 */

/** Writes to stdout, and waits until it is written. Rejects when that is not possible, as when nobody reads any more. */
export async function print(text: string): Promise<void> {
  await Bun.write(Bun.stdout, text);
}

/** The same for stderr. */
export async function printError(text: string): Promise<void> {
  await Bun.write(Bun.stderr, text);
}

/** A person is looking: colours and movement are welcome. */
export function isTerminal(output: Output): boolean {
  return mayBeTerminal(descriptors[output]) && process[output].isTTY && process.env["TERM"] !== "dumb";
}

/** A file, a pipe and a socket are none. */
function mayBeTerminal(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    // It is closed, or of a kind that cannot be asked.
    return true;
  }
}
