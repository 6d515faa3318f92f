import { Bytes } from "./bytes.ts";
import { cellOf, readCell } from "./cell.ts";
import { Encoded, MalformedError, isTagged, type Row, type Stored, type TypeVersion } from "./form.ts";

/** `stored` as JSON text. */
export function toText(stored: Stored): string {
  if (!(stored instanceof Encoded)) return JSON.stringify(cellOf(stored));
  if (!stored.rows.some(holdsBytes)) return JSON.stringify(stored.rows);
  // JSON.stringify would look for characters to escape in Base64, and joining would copy it once more.
  let text = "";
  for (const row of stored.rows) {
    const rowText = holdsBytes(row) ? `["${row[0]}","${row[1].toJSON()}"]` : JSON.stringify(row);
    text += text === "" ? `[${rowText}` : `,${rowText}`;
  }
  return `${text}]`;
}

function holdsBytes(row: Row): row is readonly [tag: string, content: Bytes] {
  return isTagged(row) && row[1] instanceof Bytes;
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
    const [, name, version, , plugin] = row;
    const key = `${String(version)} ${String(name)}`;
    if (!types.has(key))
      types.set(key, {
        name: String(name),
        version: Number(version),
        plugin: typeof plugin === "string" ? plugin : undefined,
      });
  }
  return [...types.values()];
}

function rowInPrimitive(): never {
  throw new MalformedError("the text refers to a row and has none");
}
