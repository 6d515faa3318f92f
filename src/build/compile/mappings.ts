/** A place in a text, and where it comes from: lines and columns from 0. */
export type Segment = readonly [line: number, column: number, sourceLine: number, sourceColumn: number];

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const values: readonly number[] = Array.from({ length: 128 }, (_, code) => digits.indexOf(String.fromCharCode(code)));

/** Reads the mappings of a map with one source. */
export function decodeSegments(mappings: string): Segment[] {
  const segments: Segment[] = [];
  let [line, column, sourceLine, sourceColumn] = [0, 0, 0, 0];
  for (let at = 0; at < mappings.length;) {
    const code = mappings.charCodeAt(at);
    if (code === 0x3b) {
      line++;
      column = 0;
      at++;
      continue;
    }
    if (code === 0x2c) {
      at++;
      continue;
    }
    const numbers = [0, 0, 0, 0, 0];
    let count = 0;
    while (at < mappings.length && mappings.charCodeAt(at) !== 0x2c && mappings.charCodeAt(at) !== 0x3b) {
      let value = 0;
      let shift = 0;
      let digit;
      do {
        digit = values[mappings.charCodeAt(at++)] ?? 0;
        value |= (digit & 31) << shift;
        shift += 5;
      } while ((digit & 32) !== 0);
      numbers[count++] = (value & 1) === 0 ? value >>> 1 : -(value >>> 1);
    }
    const [columns = 0, , lines = 0, sourceColumns = 0] = numbers;
    column += columns;
    if (count < 4) continue;
    sourceLine += lines;
    sourceColumn += sourceColumns;
    segments.push([line, column, sourceLine, sourceColumn]);
  }
  return segments;
}

/**
 * Writes the mappings of texts behind each other, each with its segments, in the order of their places, and the number of its
 * first line. Each text has a source of its own.
 */
export function encodeSegments(
  sources: readonly { readonly segments: readonly Segment[]; readonly line: number }[],
): string {
  let text = "";
  let [line, column, source, sourceLine, sourceColumn] = [0, 0, 0, 0, 0];
  for (const [index, { segments, line: start }] of sources.entries()) {
    for (const [ownLine, ownColumn, fromLine, fromColumn] of segments) {
      const at = start + ownLine;
      if (at > line) {
        text += ";".repeat(at - line);
        [line, column] = [at, 0];
      } else if (text !== "") text += ",";
      text +=
        vlq(ownColumn - column) + vlq(index - source) + vlq(fromLine - sourceLine) + vlq(fromColumn - sourceColumn);
      [column, source, sourceLine, sourceColumn] = [ownColumn, index, fromLine, fromColumn];
    }
  }
  return text;
}

function vlq(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest === 0 ? digit : digit | 32];
  } while (rest !== 0);
  return text;
}
