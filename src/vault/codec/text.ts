import { cellOf, readCell } from "./cell.ts";
import { Encoded, MalformedError, isTagged, type Row, type Stored, type TypeVersion } from "./form.ts";

/** `stored` as JSON text. */
export function toText(stored: Stored): string {
  return JSON.stringify(stored instanceof Encoded ? stored.rows : cellOf(stored));
}

/**
 * What {@link toText} made the text of. Throws {@link MalformedError}; rows are only looked into when they are
 * decoded.
 */
export function fromText(text: string): Stored {
  return fromJson(parseJson(text));
}

/** The same for text that was parsed already. */
export function fromJson(content: unknown): Stored {
  // The first row of an object is an object or a tagged array; a lone cell is a primitive or begins with its code.
  if (!Array.isArray(content) || typeof content[0] === "number") return readCell(content, rowInPrimitive) as Stored;
  return new Encoded(content as Row[], typesIn(content as Row[]));
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedError("the text is not JSON", { cause: error });
  }
}

function typesIn(rows: readonly Row[]): readonly TypeVersion[] {
  const types = new Map<string, TypeVersion>();
  for (const row of rows) {
    if (typeof row !== "object" || row === null) throw new MalformedError(`not a row: ${Bun.inspect(row)}`);
    if (!isTagged(row) || row[0] !== "live") continue;
    const type: TypeVersion = { name: String(row[1]), version: Number(row[2]) };
    types.set(`${type.version} ${type.name}`, type);
  }
  return [...types.values()];
}

function rowInPrimitive(): never {
  throw new MalformedError("the text refers to a row and has none");
}
