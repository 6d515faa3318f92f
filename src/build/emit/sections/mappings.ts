/*
 * The mappings of a source map are numbers that are each written as the difference to the one before, lines being
 * separated by ";" and segments by ",". To put maps behind each other, only the first segment of each has to be written
 * anew, with the differences to where the map before it ended.
 */

/** The mappings of one module, whose map has one source. */
export interface ModuleMappings {
  /** What stands before the first segment: line feeds, as it were. */
  readonly before: string;
  /** The numbers of the first segment: column, source, line and column in the source; empty when there is none. */
  readonly first: readonly number[];
  /** What follows the first segment. */
  readonly after: string;
  /** Where the last segment points: line and column in the source. */
  readonly end: readonly [line: number, column: number];
  /** Lines that the mappings speak of. */
  readonly lines: number;
}

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const values: readonly number[] = Array.from({ length: 128 }, (_, code) => digits.indexOf(String.fromCharCode(code)));

/** Reads the mappings of a map with at most one source and no names. */
export function readMappings(mappings: string): ModuleMappings {
  let line = 0;
  let column = 0;
  let lines = 1;
  let first: number[] | undefined;
  let [start, firstEnd] = [mappings.length, mappings.length];
  let numbers: number[] = [];
  for (let at = 0; at < mappings.length;) {
    const code = mappings.charCodeAt(at);
    if (code === 0x2c || code === 0x3b) {
      if (code === 0x3b) lines++;
      at++;
      continue;
    }
    const segment = at;
    numbers = [];
    while (at < mappings.length && mappings.charCodeAt(at) !== 0x2c && mappings.charCodeAt(at) !== 0x3b) {
      let value = 0;
      let shift = 0;
      let digit;
      do {
        digit = values[mappings.charCodeAt(at++)] ?? 0;
        value |= (digit & 31) << shift;
        shift += 5;
      } while ((digit & 32) !== 0);
      numbers.push((value & 1) === 0 ? value >>> 1 : -(value >>> 1));
    }
    line += numbers[2] ?? 0;
    column += numbers[3] ?? 0;
    if (first === undefined) {
      first = numbers;
      [start, firstEnd] = [segment, at];
    }
  }
  return {
    before: mappings.slice(0, start),
    first: first ?? [],
    after: mappings.slice(firstEnd),
    end: [line, column],
    lines,
  };
}

/** Modules that stand behind each other. */
export interface PlacedMappings {
  readonly mappings: ModuleMappings;
  /** The number of the module's first line, from 0. */
  readonly line: number;
}

/** The mappings of all modules together; the first one's source is source 0, and so on. */
export function joinMappings(modules: readonly PlacedMappings[]): string {
  const parts: string[] = [];
  let written = 0;
  let [source, line, column] = [0, 0, 0];
  for (const [index, { mappings, line: start }] of modules.entries()) {
    const { before, first, after, end, lines } = mappings;
    const [generated, , firstLine, firstColumn] = first;
    if (generated === undefined || firstLine === undefined || firstColumn === undefined) continue;
    parts.push(";".repeat(start - written), before);
    for (const number of [generated, index - source, firstLine - line, firstColumn - column]) parts.push(vlq(number));
    parts.push(after);
    [source, line, column] = [index, ...end];
    written = start + lines - 1;
  }
  return parts.join("");
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
