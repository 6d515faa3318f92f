import { HotswapError } from "../errors.ts";
import {
  assetLineSize,
  DATA_LINE,
  hashOf,
  HEADER_SIZE,
  lastLine,
  nextLine,
  RUN_AS_IT_IS,
  SIGNATURE,
  SOURCE_MAP_LINE,
} from "./layout.ts";
import { FORMAT_VERSION, type Manifest } from "./manifest.ts";

/** What an artifact's first two lines say, before anything is verified. */
export interface ArtifactHeader {
  readonly version: number;
  /** The hash that the artifact claims to have. */
  readonly hash: string;
}

/** An intact artifact. */
export interface DecodedArtifact {
  readonly manifest: Manifest;
  /** SHA-256 of the content, 64 hexadecimal digits. */
  readonly hash: string;
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
  const start = text(bytes.subarray(0, HEADER_SIZE + 16));
  if (!start.startsWith(RUN_AS_IT_IS + SIGNATURE)) {
    throw invalid(
      file,
      "is not a hotswap artifact: remove it from the plugin folder, or build it with `hotswap build`",
    );
  }
  const [version, hash] = (start.slice(RUN_AS_IT_IS.length + SIGNATURE.length).split("\n", 1)[0] ?? "").split(" ");
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
  if (number !== FORMAT_VERSION || !/^[0-9a-f]{64}$/.test(hash ?? "")) {
    throw invalid(file, "is damaged: its header is not complete; rebuild the plugin");
  }
  return { version: number, hash: hash ?? "" };
}

/**
 * Verifies a whole artifact and reads its manifest. Throws HOTSWAP_INVALID_ARTIFACT, saying why, when the bytes are not
 * an intact artifact of this format.
 *
 * @param file names the artifact in errors
 */
export function decodeArtifact(bytes: Uint8Array, file: string): DecodedArtifact {
  const { hash } = readArtifactHeader(bytes, file);
  if (hashOf(bytes.subarray(HEADER_SIZE)) !== hash) {
    throw invalid(file, "is damaged: its content does not match its hash (cut short or edited?); rebuild the plugin");
  }
  const end = nextLine(bytes, HEADER_SIZE);
  const manifest = JSON.parse(text(bytes.subarray(HEADER_SIZE + DATA_LINE.length, end))) as Manifest;
  return { manifest, hash, asset: assetReader(bytes, manifest) };
}

/** Reads and verifies the artifact in `file`. Throws HOTSWAP_INVALID_ARTIFACT when it is unreadable or not intact. */
export async function readArtifact(file: string): Promise<DecodedArtifact & { readonly bytes: Uint8Array }> {
  const bytes = await readBytes(file);
  return { ...decodeArtifact(bytes, file), bytes };
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await Bun.file(file).bytes();
  } catch (cause) {
    throw new HotswapError(
      "HOTSWAP_INVALID_ARTIFACT",
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/**
 * The texts of the sections, in the manifest's order, of an artifact that was verified before.
 *
 * @param file names the artifact in errors
 */
export function readSections(bytes: Uint8Array, manifest: Manifest, file: string): readonly string[] {
  if (manifest.sections === undefined) return [];
  const { modules } = manifest.sections;
  const start = nextLine(bytes, nextLine(bytes, HEADER_SIZE));
  const line = text(bytes.subarray(start + DATA_LINE.length, nextLine(bytes, start)));
  const texts = JSON.parse(line) as readonly string[];
  if (texts.length !== modules.length) {
    throw invalid(file, `is damaged: it has ${texts.length} of its ${modules.length} sections; rebuild the plugin`);
  }
  return texts;
}

/** Keeps only the lines that carry files, so that a loaded artifact does not hold its code in memory a second time. */
function assetReader(bytes: Uint8Array, manifest: Manifest): (index: number) => Uint8Array {
  const starts = [0];
  for (const { size } of manifest.assets) starts.push((starts.at(-1) ?? 0) + assetLineSize(size));
  const size = starts.at(-1) ?? 0;
  const last = lastLine(bytes);
  const hasMap = text(bytes.subarray(last, last + SOURCE_MAP_LINE.length)) === SOURCE_MAP_LINE;
  const end = hasMap ? last : bytes.length;
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
