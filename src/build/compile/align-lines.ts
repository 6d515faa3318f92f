import type { Node, ParseResult } from "oxc-parser";
import { childKeys, parseCommonJs } from "../read/syntax/parser.ts";
import type { Segment } from "./mappings.ts";

/** After these, a line break before a word does not change what the code means. */
const OPEN_END = new Set("([{,;:?=&|<+*/}");

/**
 * The text, with each statement in the line of its source. A debugger sets a breakpoint by the path and line of a source, and an
 * editor sends it as soon as the source is saved, which is before anybody can have the new code's source map. Where
 * lines are those of the source, a breakpoint needs no map, and holds from one generation to the next.
 *
 * Returns `undefined` when that would make another program of it.
 *
 * @param segments where words of the text come from, in the order of the text
 */
export function alignLines(text: string, segments: readonly Segment[]): string | undefined {
  const before = parseCommonJs(text);
  if (before.errors.length > 0) return undefined;
  const starts = startsOf(text.split("\n"));
  const fixed = fixedSpans(before);
  let aligned = "";
  let line = 0;
  /** What was copied last that shows; empty at the beginning of a line. */
  let end = "";
  let [fixedIndex, next] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    while ((fixed[fixedIndex]?.[1] ?? Infinity) <= at) fixedIndex++;
    if ((fixed[fixedIndex]?.[0] ?? Infinity) < at) {
      // The inside of a text, a comment or a regular expression.
      aligned += character;
      if (character === "\n") line++;
      end = character;
      continue;
    }
    while (placeOf(segments[next], starts) < at) next++;
    const wanted = segments[next]?.[2] ?? Infinity;
    if (character === "\n") {
      // Closing brackets stay in their own line: a debugger would stop there, too.
      aligned += wanted > line ? "\n" : " ";
      if (wanted > line) line++;
      end = "";
      continue;
    }
    if (placeOf(segments[next], starts) === at && wanted > line && (end === "" || OPEN_END.has(end))) {
      aligned += "\n".repeat(wanted - line);
      line = wanted;
    }
    aligned += character;
    if (character !== " ") end = character;
  }
  const after = parseCommonJs(aligned);
  return after.errors.length === 0 && shapeOf(after) === shapeOf(before) ? aligned : undefined;
}

/** Where a word stands in the text. */
function placeOf(segment: Segment | undefined, starts: readonly number[]): number {
  return segment === undefined ? Infinity : (starts[segment[0]] ?? 0) + segment[1];
}

function startsOf(lines: readonly string[]): number[] {
  let start = 0;
  return lines.map((line) => {
    const own = start;
    start += line.length + 1;
    return own;
  });
}

/** What must stay as it is: texts, regular expressions and comments, in the order of the text. A line comment ends with its line. */
function fixedSpans({ program, comments }: ParseResult): (readonly [start: number, end: number])[] {
  const spans = comments.map(({ type, start, end }) => [start, type === "Line" ? end + 1 : end] as const);
  const keys = childKeys();
  const nodes: Node[] = [program];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.type === "Literal") spans.push([node.start, node.end]);
    // Without the signs around it.
    if (node.type === "TemplateElement") spans.push([node.start - 1, node.end]);
    for (const key of keys[node.type] ?? []) {
      const child: unknown = Reflect.get(node, key);
      for (const each of [child].flat()) if (typeof each === "object" && each !== null) nodes.push(each as Node);
    }
  }
  return spans.toSorted(([one], [other]) => one - other);
}

/** A program without its places. */
function shapeOf({ program }: ParseResult): string {
  return JSON.stringify(program, (key, value: unknown) => {
    if (key === "start" || key === "end") return undefined;
    return typeof value === "bigint" ? String(value) : value;
  });
}
