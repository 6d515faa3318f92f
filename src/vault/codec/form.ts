/**
 * The form in which the vault holds values: one flat list of rows, a row for each object, made of JSON data and bytes
 * only. It carries no class, closure or identity of the code that a value came from, it is JSON as it stands, and being
 * flat it knows neither depth nor cycles: an object refers to another by the index of its row.
 *
 * A row that is an object stands for a plain object. One that is an array begins with the tag of its kind; `kinds.ts`
 * lists them. `["live", name, version, fields]` stands for an instance of a live type; the first of each type and version
 * also names its plugin. `["frozen", 3, 5]` at the end says of rows 3 and 5 that their objects are frozen.
 */
export type Row = Fields | TaggedRow;

/** What a row says of an object's properties. */
export type Fields = { readonly [key: string]: Cell };

export type TaggedRow = readonly [tag: string, ...content: unknown[]];

/**
 * A value within a row: JSON's primitives as they are, `[3]` for the object of row 3, and a code for what JSON lacks.
 */
export type Cell = string | number | boolean | null | readonly [indexOrCode: number, text?: string];

/** The codes of cells that are neither JSON's nor a row's index. */
export const cellCodes = {
  undefined: -1,
  nan: -2,
  infinity: -3,
  negativeInfinity: -4,
  negativeZero: -5,
  bigint: -6,
} as const;

export type Primitive = string | number | boolean | bigint | null | undefined;

/** A live type at one version. */
export interface TypeVersion {
  readonly name: string;
  readonly version: number;
  /** The plugin that has it; `undefined` where that is not known. */
  readonly plugin: string | undefined;
}

/** An object and everything it refers to, in the vault's form. Immutable. */
export class Encoded {
  readonly rows: readonly Row[];
  /** The live types whose instances are in it, each with the version it was written by; every pair once. */
  readonly types: readonly TypeVersion[];

  /** About how many bytes it takes; `undefined` for what was read from JSON. */
  readonly size: number | undefined;

  constructor(rows: readonly Row[], types: readonly TypeVersion[], size?: number) {
    this.rows = rows;
    this.types = types;
    this.size = size;
  }
}

/** What stands for a value: a primitive for itself. */
export type Stored = Primitive | Encoded;

export function isTagged(row: Row): row is TaggedRow {
  return Array.isArray(row);
}

/** Thrown by the reader of rows when they are not what this code writes; whoever knows where they came from says so. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}
