import type { ImportExpression, Node, Span } from "oxc-parser";
import type { Edit } from "../../text-edits.ts";

/**
 * Thrown for a module whose types cannot just be left out, or that means something else as a part of an artifact: the
 * bundler compiles it. The message says what stands in the way.
 */
export class NotErasable extends Error {}

/** What was found in a module up to here. */
export interface Erasure {
  readonly text: string;
  /** Blanks in place of types; no two of them overlap. */
  readonly edits: Edit[];
  /** Names that stand where a value may be meant: those of types only are not among them. */
  readonly names: Set<string>;
  /** Names that are assigned to, and those whose members are. */
  readonly assigned: Set<string>;
  readonly assignedMembers: Set<string>;
  readonly dynamicImports: ImportExpression[];
  /** Where `import.meta` stands, and where `import.meta.main`. */
  readonly metas: Span[];
  readonly mains: Span[];
  /** How many functions the walk is inside of, and how many functions and classes with a `this` of their own. */
  functions: number;
  owners: number;
  /** A class has fields of which the project's settings say how they are defined. */
  fields: boolean;
  /** Goes through a node, and through what stands in it. */
  visit(node: Node): void;
}

/** Leaves out `start` to `end`; `text` is put where it began. */
export function blank({ edits }: Erasure, start: number, end: number, text = ""): void {
  if (start < end) edits.push({ start, end, text });
}

/** Where `character` stands next in code, from `start` on. */
export function next({ text }: Erasure, character: string, start: number): number {
  for (let at = skipBlank(text, start); at < text.length; at = skipBlank(text, at + 1)) {
    if (text[at] === character) return at;
  }
  throw new NotErasable(`there is no ${character}`);
}

const blanks = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;

/** Index of the first character from `start` on that is neither white space nor in a comment. */
export function skipBlank(text: string, start: number): number {
  blanks.lastIndex = start;
  return start + (blanks.exec(text)?.[0].length ?? 0);
}

/** Where a list's entry ends with the comma that follows it, if one does. */
export function withComma(text: string, end: number): number {
  const at = skipBlank(text, end);
  return text[at] === "," ? at + 1 : end;
}
