import { bodyStart, DATA_LINE, hashOf, HEADER_SIZE, headerLine, RUN_AS_IT_IS, SOURCE_MAP_LINE } from "./layout.ts";
import type { Manifest } from "./manifest.ts";
import { formatSignature, type Signature } from "./signature.ts";

/** What an artifact is made of. */
export interface ArtifactParts {
  readonly manifest: Manifest;
  /** One line, without its line feed: binds what the code takes from the host. */
  readonly prologue: string;
  /** JSON of the texts of the sections, each by itself, in the manifest's order. */
  readonly sections?: readonly string[];
  /** The bundled code, without the bundler's first line. */
  readonly code: string;
  /** The bytes of `manifest.assets`, in that order. */
  readonly assets: readonly Uint8Array[];
  /** A source map as JSON, already shifted by the lines before the code; `undefined` leaves it out. */
  readonly sourceMap: string | undefined;
}

/** The bytes of an artifact, and the hash that identifies it. */
export interface EncodedArtifact {
  readonly bytes: Uint8Array;
  /** SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
}

/** Puts an artifact together. Equal parts give equal bytes. */
export function encodeArtifact(parts: ArtifactParts): EncodedArtifact {
  // The hash is filled in when the rest is known.
  const lines = [
    RUN_AS_IT_IS,
    headerLine("0".repeat(64)),
    DATA_LINE,
    oneLine(JSON.stringify(parts.manifest)),
    "\n",
    parts.prologue,
    "\n",
  ];
  if (parts.sections !== undefined) lines.push(DATA_LINE, "[", oneLine(parts.sections.join(",")), "]\n");
  lines.push(parts.code);
  if (!parts.code.endsWith("\n")) lines.push("\n");
  for (const asset of parts.assets) lines.push(DATA_LINE, base64(asset), "\n");
  if (parts.sourceMap !== undefined) {
    lines.push(SOURCE_MAP_LINE, "data:application/json;base64,", base64(Buffer.from(parts.sourceMap)), "\n");
  }
  const bytes = encoded(lines);
  const hash = hashOf(bytes.subarray(HEADER_SIZE));
  bytes.write(headerLine(hash), RUN_AS_IT_IS.length);
  return { bytes, hash };
}

/** The same artifact with this signature in place of any that it had. Its hash, and every line number, stay. */
export function withSignature({ bytes, hash }: EncodedArtifact, signature: Signature): EncodedArtifact {
  const header = Buffer.from(RUN_AS_IT_IS + headerLine(hash, formatSignature(signature)));
  return { bytes: Buffer.concat([header, bytes.subarray(bodyStart(bytes))]), hash };
}

/** Written piece by piece: to join them first would copy code and map once more. */
function encoded(texts: readonly string[]): Buffer {
  const bytes = Buffer.allocUnsafe(texts.reduce((size, text) => size + Buffer.byteLength(text), 0));
  let end = 0;
  for (const text of texts) end += bytes.write(text, end);
  return bytes;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** JSON leaves these two as they are inside strings, and for JavaScript they end a line: a comment would end there. */
function oneLine(json: string): string {
  return json.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}
