import { sep } from "node:path";
import { HotswapError } from "../../errors.ts";

/**
 * Throws HOTSWAP_BUILD_FAILED for a path with a name in it that cannot be written into generated code as it is: comments of the
 * bundler hold paths and end at line breaks, a backslash is taken for a separator, and in an import a question mark ends the path.
 */
export function requirePlainNames(path: string): void {
  if (!path.split(sep).some((name) => /[\n\r\u2028\u2029\\?]/.test(name))) return;
  throw new HotswapError(
    "HOTSWAP_BUILD_FAILED",
    `${JSON.stringify(path)} has a line break, a backslash or a question mark in a name, which generated code cannot hold: rename it`,
  );
}
