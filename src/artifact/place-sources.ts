import { join } from "node:path";
import { lastLine, SOURCE_MAP_LINE } from "./layout.ts";

const DATA = `${SOURCE_MAP_LINE}data:application/json;base64,`;

/** How every artifact's map begins, up to the list of its sources. */
const MAP_START = `{"version":3,"sources":`;

/** What follows the list; in JSON, a name of a file cannot hold it. */
const AFTER_SOURCES = `,"sourcesContent":`;

/** Characters of base64 that are decoded at first to find the list of sources. */
const FIRST_LOOK = 4096;

/**
 * The artifact with a source map that names its sources by their absolute paths, so that stack traces do. Only the map's
 * beginning is read and written again: the rest, which may be megabytes, stays as it is encoded. An artifact without a map
 * is returned as it is. The result has no valid hash any more.
 *
 * @param root the project's root, as an absolute path
 */
export function placeSources(bytes: Uint8Array, root: string): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = lastLine(bytes);
  if (text.toString("latin1", start, start + DATA.length) !== DATA) return bytes;
  const encoded = text.subarray(start + DATA.length, bytes.length - 1);
  const head = mapHead(encoded);
  if (head === undefined) return bytes;
  const sources = sourcesOf(head.toString("utf8", MAP_START.length));
  if (sources === undefined) return bytes;
  const placed = JSON.stringify(sources.map((source) => (isNamespaced(source) ? source : join(root, source))));
  // Base64 has four characters for three bytes. So the replaced part ends at the end of such a group, and blanks fill
  // up the new text.
  const end = Math.ceil(head.length / 3) * 3;
  const rest = Buffer.from(encoded.toString("latin1", 0, (end / 3) * 4), "base64").subarray(head.length);
  const length = Buffer.byteLength(placed) + MAP_START.length + rest.length;
  const blanks = " ".repeat((3 - (length % 3)) % 3);
  const replaced = Buffer.concat([Buffer.from(MAP_START + placed + blanks), rest]).toString("base64");
  return Buffer.concat([
    text.subarray(0, start + DATA.length),
    Buffer.from(replaced),
    encoded.subarray((end / 3) * 4),
    Buffer.from("\n"),
  ]);
}

/** The map's bytes up to the end of its list of sources; `undefined` when it does not look like an artifact's map. */
function mapHead(encoded: Buffer): Buffer | undefined {
  for (let size = FIRST_LOOK; ; size *= 4) {
    const decoded = Buffer.from(encoded.toString("latin1", 0, size), "base64");
    if (!decoded.toString("latin1").startsWith(MAP_START)) return undefined;
    const end = decoded.indexOf(AFTER_SOURCES);
    if (end !== -1) return decoded.subarray(0, end);
    if (size >= encoded.length) return undefined;
  }
}

/** `undefined` when it is not a list of texts: then another program made the map, and it is left alone. */
function sourcesOf(json: string): readonly string[] | undefined {
  try {
    const sources: unknown = JSON.parse(json);
    return Array.isArray(sources) && sources.every((source) => typeof source === "string") ? sources : undefined;
  } catch {
    return undefined;
  }
}

/** A module that existed only while the bundler was at work; a drive letter is not a namespace. */
function isNamespaced(source: string): boolean {
  return /^[\w-]{2,}:/.test(source);
}
