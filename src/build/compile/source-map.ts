import type * as OxcTransform from "oxc-transform";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { decodeSegments, type Segment } from "./mappings.ts";

let transform: typeof OxcTransform | undefined;

/** How many words that only one of the two printers has are skipped to find a word that both have. */
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
  const printed = Array.from(wordsIn(text)).filter(({ line }) => line >= first);
  let rare: Map<string, number> | undefined;
  const segments: Segment[] = [];
  let [at, next] = [0, 0];
  for (;;) {
    const [one, other] = [printed[at], words[next]];
    if (one === undefined || other === undefined) return segments;
    if (one.text === other.text) {
      segments.push([one.line, one.column, other.line, other.column]);
      at++;
      next++;
      continue;
    }
    // Bun prints `new Error()` as `Error()`.
    if (other.text === "new") {
      next++;
      continue;
    }
    const near = nearest(printed, at, words, next);
    if (near !== undefined) {
      [at, next] = near;
      continue;
    }
    // Either this word was left out, or more than we look ahead.
    rare ??= onlyOnce(words);
    const far = rare.get(threeFrom(printed, at)) ?? -1;
    if (far > next) next = far;
    else at++;
  }
}

/** The nearest places from which both go on alike. */
function nearest(
  printed: readonly Word[],
  at: number,
  words: readonly Word[],
  next: number,
): readonly [number, number] | undefined {
  const isSame = (one: number, other: number): boolean =>
    one >= printed.length || other >= words.length || printed[one]?.text === words[other]?.text;
  for (let distance = 1; distance <= 2 * AHEAD; distance++) {
    for (let skipped = Math.max(0, distance - AHEAD); skipped <= Math.min(distance, AHEAD); skipped++) {
      const [one, other] = [at + distance - skipped, next + skipped];
      if (one >= printed.length || other >= words.length || !isSame(one, other)) continue;
      // One word alone may be anything, unless it comes at once.
      const after = words[other + 1]?.text === "new" && printed[one + 1]?.text !== "new" ? other + 2 : other + 1;
      if (distance === 1 || isSame(one + 1, after)) return [one, other];
    }
  }
  return undefined;
}

/** Where three words are that stand behind each other only once. */
function onlyOnce(words: readonly Word[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const index of words.keys()) {
    const three = threeFrom(words, index);
    places.set(three, places.has(three) ? -1 : index);
  }
  return places;
}

function threeFrom(words: readonly Word[], index: number): string {
  return `${words[index]?.text} ${words[index + 1]?.text} ${words[index + 2]?.text}`;
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
