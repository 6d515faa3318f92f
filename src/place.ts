import { ownFolder } from "./own-package.ts";

/** A place in a source file. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The first place of a stack that is a file, and neither hotswap's own nor the engine's. */
export function placeOf(stack: string): Place | undefined {
  for (const [, file = "", line = "", column = ""] of stack.matchAll(
    /^\s*at (?:.*\()?((?:\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/gm,
  )) {
    if (!file.startsWith(ownFolder)) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}
