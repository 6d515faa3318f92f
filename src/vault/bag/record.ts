import { HotswapError } from "../../errors.ts";
import { MalformedError, type TypeVersion } from "../codec/form.ts";
import { fromText, toText } from "../codec/text.ts";
import type { StoreRecord } from "../store/data-store.ts";
import { Slot, Unread, type Entry } from "./slot.ts";

/** What a record says of a value before the value itself: one line of JSON, empty when there is nothing to say. */
interface Header {
  /** The key's version, unless 1. */
  readonly version?: number;
  /** The plugin that declared the key. */
  readonly owner?: string;
  /** The live types in the value, each with its plugin where that is known. */
  readonly types?: readonly (readonly [name: string, version: number, plugin?: string])[];
}

/** The text of an entry for the store. */
export function recordText(entry: Entry): string {
  if (!(entry instanceof Slot)) return `\n${toText(entry)}`;
  const { version, owner, types } = entry;
  if (version === 1 && types.length === 0) return `\n${entry.toText()}`;
  const header: Header = {
    ...(version === 1 ? {} : { version }),
    ...(owner === undefined ? {} : { owner }),
    ...(types.length === 0 ? {} : { types: types.map(headerType) }),
  };
  return `${JSON.stringify(header)}\n${entry.toText()}`;
}

function headerType({ name, version, plugin }: TypeVersion): NonNullable<Header["types"]>[number] {
  return plugin === undefined ? [name, version] : [name, version, plugin];
}

/** The entry of a record. Throws `HOTSWAP_STORE_FAILED` when we did not write the text. */
export function readRecord({ key, text }: StoreRecord): Entry {
  try {
    const end = text.indexOf("\n");
    if (end === -1) throw new MalformedError("the header is missing");
    const body = text.slice(end + 1);
    if (end > 0) {
      const { version, owner, types = [] } = parseHeader(text.slice(0, end));
      return new Slot(
        new Unread(body),
        version,
        owner,
        types.map(([name, at, plugin]): TypeVersion => ({ name, version: at, plugin })),
      );
    }
    // Objects are parsed when they are first read, so that opening a large store is quick.
    return body.startsWith("[") ? new Slot(new Unread(body)) : (fromText(body) as Entry);
  } catch (error) {
    const message = `the stored record of the data-bag key ${JSON.stringify(key)} is damaged`;
    throw new HotswapError("HOTSWAP_STORE_FAILED", message, { cause: error });
  }
}

function parseHeader(text: string): Header {
  const header: unknown = JSON.parse(text);
  if (typeof header !== "object" || header === null) throw new MalformedError("the header is not an object");
  return header as Header;
}
