import { cellOf, readCell } from "./cell.ts";
import { Encoded, MalformedError, type Row, type Stored, type TypeVersion } from "./form.ts";

/** `stored` as JSON text. */
export function toText(stored: Stored): string {
  return JSON.stringify(stored instanceof Encoded ? stored.rows : cellOf(stored));
}

/** What {@link toText} made a text of. Throws {@link MalformedError} when that cannot be; the rows are looked at when decoded. */
export function fromText(text: string, types: readonly TypeVersion[]): Stored {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new MalformedError("the text is not JSON", { cause: error });
  }
  // The first row of an object is an object or a tagged array; a lone cell is a primitive or begins with its code.
  if (Array.isArray(content) && typeof content[0] === "object") return new Encoded(content as Row[], types);
  return readCell(content, rowInPrimitive) as Stored;
}

function rowInPrimitive(): never {
  throw new MalformedError("the text refers to a row and has none");
}
