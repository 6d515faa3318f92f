import { sep } from "node:path";
import { HotswapError } from "../../errors.ts";

/**
 * Throws HOTSWAP_BUILD_FAILED for a path that cannot be written into generated code as it is. The bundler writes paths
 * into comments, which end at line breaks; a backslash would become a separator; and in an import a question mark ends
 * the path.
 */
export function requirePlainNames(path: string): void {
  if (!path.split(sep).some((name) => /[\n\r\u2028\u2029\\?]/.test(name))) return;
  throw new HotswapError(
    "HOTSWAP_BUILD_FAILED",
    `${JSON.stringify(path)} has a line break, a backslash or a question mark in a name, which generated code cannot hold: rename it`,
  );
}
