import type { Stats } from "node:fs";
import { describeError, HotswapError } from "../errors.ts";
import { decodeArtifact, type DecodedArtifact, readArtifactHeader } from "./decode.ts";
import { LONGEST_HEADER } from "./layout.ts";
import { RegularFile } from "../regular-file.ts";

/** An artifact that is larger is not read, unless a host sets another limit; in bytes. */
export const MAX_ARTIFACT_SIZE = 256 * 2 ** 20;

/** An artifact as it was read. */
export interface ReadArtifact extends DecodedArtifact {
  readonly bytes: Uint8Array;
  /** Of the file that was read. */
  readonly stats: Stats;
}

/**
 * Reads and verifies the artifact in `file`; what is not an artifact, or is larger than `maxSize` bytes, is refused by its first
 * bytes. Throws `HOTSWAP_NOT_A_FILE`, `HOTSWAP_TOO_LARGE`, and `HOTSWAP_INVALID_ARTIFACT` for what is unreadable or not intact.
 */
export async function readArtifact(file: string, maxSize = MAX_ARTIFACT_SIZE): Promise<ReadArtifact> {
  let bytes: Buffer;
  let stats: Stats;
  try {
    using opened = new RegularFile(file);
    stats = opened.stats;
    if (stats.size > maxSize) throw tooLarge(file, stats.size, maxSize);
    readArtifactHeader(opened.beginning(LONGEST_HEADER), file);
    bytes = await opened.bytes();
  } catch (cause) {
    if (cause instanceof HotswapError) throw cause;
    throw new HotswapError("HOTSWAP_INVALID_ARTIFACT", `${file} cannot be read: ${describeError(cause)}`, { cause });
  }
  return { ...decodeArtifact(bytes, file), bytes, stats };
}

/** The same at once, and of any size; `undefined` when there is no intact artifact. */
export function readArtifactNow(file: string): (DecodedArtifact & { readonly bytes: Uint8Array }) | undefined {
  try {
    using opened = new RegularFile(file);
    const bytes = opened.beginning();
    return { ...decodeArtifact(bytes, file), bytes };
  } catch {
    return undefined;
  }
}

function tooLarge(file: string, size: number, maxSize: number): HotswapError {
  return new HotswapError(
    "HOTSWAP_TOO_LARGE",
    `${file} has ${size} bytes, and an artifact may have ${maxSize}: carry less in it, or raise maxArtifactSize`,
  );
}
