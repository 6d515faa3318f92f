import type { Cell, Fields, Row, TaggedRow } from "./form.ts";
import type { Integrity } from "./own-properties.ts";

/** What a kind needs for writing a row. */
export interface RowWriter {
  /** The cell for a value that stands in another at `place`; `stepOf` gives the step to it, should it be refused. */
  cell<Place>(value: unknown, stepOf: (place: Place) => string, place: Place): Cell;
  /** The cells of an object's own properties. */
  fields(source: object): Fields;
  /** Counts bytes that a row takes besides its cells, before they are copied. Throws when there are too many. */
  count(bytes: number): void;
  /** That of the object whose row is being made. */
  readonly integrity: Integrity;
}

/** What a kind needs for reading a row. */
export interface RowReader {
  /**
   * The value of a cell. While objects are being created, only cells of objects that refer to no others may be asked
   * for.
   */
  value(cell: unknown): unknown;
  setFields(target: object, fields: unknown): void;
}

/** How the objects of one built-in class are stored. */
export interface Kind {
  /** What its rows begin with. */
  readonly tag: string;
  readonly prototype: object | null;
  /** Such an object cannot be changed, so nobody need ask whether it is frozen. */
  readonly isImmutable?: true;
  encode(value: never, writer: RowWriter): Row;
  /** Makes the object of a row, empty where it can refer to others. */
  create(row: TaggedRow, reader: RowReader): object;
  /** Fills it, once every object is there. */
  fill?(object: never, row: TaggedRow, reader: RowReader): void;
}
