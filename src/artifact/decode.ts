import { HotswapError } from "../errors.ts";
import {
  assetLineSize,
  bodyStart,
  DATA_LINE,
  hashOf,
  lastLine,
  LONGEST_HEADER,
  MARK,
  nextLine,
  RUN_AS_IT_IS,
  SOURCE_MAP_LINE,
} from "./layout.ts";
import { problemOfManifest } from "./check-manifest.ts";
import { FORMAT_VERSION, type Manifest } from "./manifest.ts";
import { parseSignature, type Signature } from "./signature.ts";

/** What an artifact's first two lines say, before anything is verified. */
export interface ArtifactHeader {
  readonly version: number;
  /** The hash that the artifact claims to have. */
  readonly hash: string;
  /** Not verified: whoever trusts keys asks them. */
  readonly signature: Signature | undefined;
}

/** An intact artifact. */
export interface DecodedArtifact {
  readonly manifest: Manifest;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly hash: string;
  /** Not verified: whoever trusts keys asks them. */
  readonly signature: Signature | undefined;
  /** The bytes of `manifest.assets[index]`, decoded anew at each call. Throws a RangeError beyond the list. */
  asset(index: number): Uint8Array;
}

/**
 * Reads the first two lines only: enough to tell whether an artifact changed. `bytes` may be the beginning of the file.
 * Throws HOTSWAP_INVALID_ARTIFACT when it is not an artifact of this format.
 *
 * @param file names the artifact in errors
 */
export function readArtifactHeader(bytes: Uint8Array, file: string): ArtifactHeader {
  const start = text(bytes.subarray(0, LONGEST_HEADER));
  if (!start.startsWith(RUN_AS_IT_IS + MARK)) {
    throw invalid(
      file,
      "is not a hotswap artifact: remove it from the plugin folder, or build it with `hotswap build`",
    );
  }
  const [line = "", ...rest] = start.slice(RUN_AS_IT_IS.length + MARK.length).split("\n");
  const [version, hash, ...signed] = line.split(" ");
  const number = Number(version);
  if (number > FORMAT_VERSION) {
    throw invalid(
      file,
      `has artifact format ${number}, made by a newer hotswap; this one reads format ${FORMAT_VERSION}: upgrade hotswap, or rebuild the plugin with this version`,
    );
  }
  if (number < FORMAT_VERSION) {
    throw invalid(
      file,
      `has artifact format ${number}, made by an older hotswap; this one reads format ${FORMAT_VERSION}: rebuild the plugin`,
    );
  }
  if (number !== FORMAT_VERSION || !/^[0-9a-f]{64}$/.test(hash ?? "") || rest.length === 0) {
    throw invalid(file, "is damaged: its header is not complete; rebuild the plugin");
  }
  const signature = parseSignature(signed.join(" "));
  if (signature === undefined && signed.length > 0) {
    throw invalid(file, "is damaged: its signature is of no kind that this hotswap knows; sign it again, or upgrade");
  }
  return { version: number, hash: hash ?? "", signature };
}

/**
 * Verifies a whole artifact and reads its manifest. Throws HOTSWAP_INVALID_ARTIFACT, saying why, when the bytes are not
 * an intact artifact of this format.
 *
 * @param file names the artifact in errors
 */
export function decodeArtifact(bytes: Uint8Array, file: string): DecodedArtifact {
  const { hash, signature } = readArtifactHeader(bytes, file);
  const start = bodyStart(bytes);
  if (hashOf(bytes.subarray(start)) !== hash) {
    throw invalid(file, "is damaged: its content does not match its hash (cut short or edited?); rebuild the plugin");
  }
  const end = nextLine(bytes, start);
  const manifest = parsed(bytes, start, end);
  const problem = problemOfManifest(manifest);
  if (problem !== undefined) throw invalid(file, `has a manifest that hotswap did not write (${problem}): rebuild it`);
  const right = manifest as Manifest;
  return { manifest: right, hash, signature, asset: assetReader(bytes, right, file) };
}

/**
 * The texts of the sections, in the manifest's order, of an artifact that was verified before.
 *
 * @param file names the artifact in errors
 */
export function readSections(bytes: Uint8Array, manifest: Manifest, file: string): readonly string[] {
  if (manifest.sections === undefined) return [];
  const { modules } = manifest.sections;
  const start = nextLine(bytes, nextLine(bytes, bodyStart(bytes)));
  const texts = parsed(bytes, start, nextLine(bytes, start));
  const found = Array.isArray(texts) ? texts.filter((section) => typeof section === "string") : [];
  if (found.length !== modules.length) {
    throw invalid(file, `is damaged: it has ${found.length} of its ${modules.length} sections; rebuild the plugin`);
  }
  return found;
}

/** What a line of data says; `undefined` when it is no such line. */
function parsed(bytes: Uint8Array, start: number, end: number): unknown {
  const line = text(bytes.subarray(start, end));
  if (!line.startsWith(DATA_LINE)) return undefined;
  try {
    return JSON.parse(line.slice(DATA_LINE.length));
  } catch {
    return undefined;
  }
}

/**
 * Reads the carried files of an artifact that was verified before: the bytes of `manifest.assets[index]`, decoded anew at
 * each call. Keeps only the lines that carry files, so that a loaded artifact does not hold its code in memory a second time.
 * Throws HOTSWAP_INVALID_ARTIFACT when there are fewer bytes than the manifest says.
 *
 * @param file names the artifact in errors
 */
export function assetReader(bytes: Uint8Array, manifest: Manifest, file: string): (index: number) => Uint8Array {
  const starts = [0];
  for (const { size } of manifest.assets) starts.push((starts.at(-1) ?? 0) + assetLineSize(size));
  const size = starts.at(-1) ?? 0;
  const last = lastLine(bytes);
  const hasMap = text(bytes.subarray(last, last + SOURCE_MAP_LINE.length)) === SOURCE_MAP_LINE;
  const end = hasMap ? last : bytes.length;
  if (size > end) throw invalid(file, "is damaged: it lacks files that its manifest lists; rebuild the plugin");
  const lines = Buffer.from(bytes.slice(end - size, end));
  return (index) => {
    const start = starts[index];
    const next = starts[index + 1];
    if (start === undefined || next === undefined) {
      throw new RangeError(`${manifest.name} carries ${manifest.assets.length} files; there is no file ${index}`);
    }
    return Buffer.from(lines.toString("latin1", start + DATA_LINE.length, next - 1), "base64");
  };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function invalid(file: string, problem: string): HotswapError {
  return new HotswapError("HOTSWAP_INVALID_ARTIFACT", `${file} ${problem}`);
}
