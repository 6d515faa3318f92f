import type * as OxcTransform from "oxc-transform";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { decodeSegments, type Segment } from "./mappings.ts";

let transform: typeof OxcTransform | undefined;

/** So many words ahead a word is looked for that two printers do not have in common. */
const AHEAD = 24;

const word = /[A-Za-z_$][\w$]*/y;

/** A word of the source, as it stands in the code of the compiler that knows where it comes from. */
interface Word {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The segments of a source map from a text, which has the code of a source as Bun prints it, to that source. Bun's transpiler
 * does not tell where what it prints comes from; another compiler does, and what both print are the same words in
 * the same order.
 *
 * @param first the first line of the text that comes from the source, from 0
 */
export function mapText(source: SourceFile, text: string, first: number): Segment[] {
  const words = wordsOf(source);
  const segments: Segment[] = [];
  let next = 0;
  for (const { line, column, text: found } of wordsIn(text)) {
    if (line < first) continue;
    for (let index = next; index < Math.min(next + AHEAD, words.length); index++) {
      const candidate = words[index];
      if (candidate?.text !== found) continue;
      segments.push([line, column, candidate.line, candidate.column]);
      next = index + 1;
      break;
    }
  }
  return segments;
}

/** The words of a source that are code, in the order in which they are compiled. */
function wordsOf({ path, text }: SourceFile): Word[] {
  transform ??= require("oxc-transform") as typeof OxcTransform;
  // What it does with JSX and types does not matter, as long as the words stay.
  const { code, map } = transform.transformSync(path, text, { sourcemap: true, jsx: "preserve" });
  if (map === undefined) return [];
  const lines = code.split("\n");
  return decodeSegments(map.mappings).flatMap(([line, column, sourceLine, sourceColumn]) => {
    word.lastIndex = column;
    const found = word.exec(lines[line] ?? "")?.[0];
    return found === undefined ? [] : [{ text: found, line: sourceLine, column: sourceColumn }];
  });
}

function* wordsIn(text: string): Generator<Word, void> {
  const all = /[A-Za-z_$][\w$]*/g;
  for (const [line, content] of text.split("\n").entries()) {
    for (const match of content.matchAll(all)) yield { text: match[0], line, column: match.index };
  }
}
