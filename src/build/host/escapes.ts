import { dirname, join } from "node:path";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { isInside } from "../../load/resolve.ts";

const up = "../";

/**
 * The relative paths that occur as text in a plugin's files and lead out of its folder, as they are written. An import
 * that is written in another way (with an escape sequence, say) is missed; whoever uses this must look at what became
 * of it.
 */
export function escapingPaths(files: readonly SourceFile[], pluginDir: string): Set<string> {
  const escaping = new Set<string>();
  for (const { path: file, text } of files) {
    for (let at = text.indexOf(up); at !== -1;) {
      const { path, end } = quotedAt(text, at);
      if (path.startsWith(".") && !escaping.has(path) && !isInside(join(dirname(file), path), pluginDir)) {
        escaping.add(path);
      }
      at = text.indexOf(up, end);
    }
  }
  return escaping;
}

/** The quoted text around `at`, as far as it lies in one line; empty when it is not quoted. */
function quotedAt(text: string, at: number): { path: string; end: number } {
  let start = at;
  while (start > 0 && !/["'`\n]/.test(text[start - 1] ?? "\n")) start--;
  const quote = text[start - 1] ?? "\n";
  const end = text.indexOf(quote, at);
  if (quote === "\n" || end === -1) return { path: "", end: at + up.length };
  return { path: text.slice(start, end), end: Math.max(end, at + up.length) };
}
