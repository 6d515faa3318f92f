import { FORMAT_VERSION } from "./manifest.ts";

/*
 * How an artifact is laid out, line by line:
 *
 *   1   // @bun                               Bun runs the file as it is, without transpiling it again
 *   2   //! hotswap <version> <sha256>        the hash covers the version and every byte after this line; the signature of a
 *                                             signed artifact follows it, and is not covered
 *   3   //! {"name":"alpha",...}              the manifest
 *   4   const {...} = __hotswap__.module(0)   the prologue: what the code takes from the host
 *       //! ["(function ...)",...]        only with sections: their texts, in the manifest's order, as JSON
 *   5…  the bundled code; with sections, next to nothing
 *       //! <base64>                          one line for each carried file, in the manifest's order
 *       //# sourceMappingURL=data:...         the inline source map, unless the build was told to leave it out
 */

/** Line 1. */
export const RUN_AS_IT_IS = "// @bun\n";

/** How a line of data begins: the second and third line, and the carried files at the end. */
export const DATA_LINE = "//! ";

/** How line 2 begins, up to the format version. */
export const MARK = `${DATA_LINE}hotswap `;

/** How the last line begins when the artifact has a source map. */
export const SOURCE_MAP_LINE = "//# sourceMappingURL=";

/** Lines that stand before the bundled code in place of the bundler's own first line. */
export const LINES_BEFORE_CODE = 4;

const newline = 0x0a;

/** Length in bytes of the first two lines of an artifact of this format without a signature. */
export const HEADER_SIZE = RUN_AS_IT_IS.length + headerLine("0".repeat(64)).length;

/** The most bytes that the first two lines can have. Reading so many is enough to learn what the rest should be. */
export const LONGEST_HEADER = 512;

/** Line 2. */
export function headerLine(hash: string, signature?: string): string {
  return `${MARK}${FORMAT_VERSION} ${hash}${signature === undefined ? "" : ` ${signature}`}\n`;
}

/** Index of the first byte that the hash covers: that of line 3. */
export function bodyStart(bytes: Uint8Array): number {
  return nextLine(bytes, RUN_AS_IT_IS.length);
}

/** The hash that identifies an artifact, of everything that follows its first two lines. */
export function hashOf(...body: readonly (Uint8Array | string)[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(`hotswap ${FORMAT_VERSION}\n`);
  for (const part of body) hasher.update(part);
  return hasher.digest("hex");
}

/** Index of the first byte after the line that begins at `start`; the length of `bytes` when it is the last. */
export function nextLine(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(newline, start);
  return end === -1 ? bytes.length : end + 1;
}

/** Index at which the last line begins; `bytes` ends with a line feed. */
export function lastLine(bytes: Uint8Array): number {
  return bytes.lastIndexOf(newline, bytes.length - 2) + 1;
}

/** Length in bytes of the line that carries a file of `size` bytes. */
export function assetLineSize(size: number): number {
  return DATA_LINE.length + Math.ceil(size / 3) * 4 + 1;
}
