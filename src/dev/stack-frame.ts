import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { codeFrame, displayPath } from "../build/diagnostic.ts";

/** Where a plugin's source is found. */
export interface SourcePlace {
  /** The plugin's folder, absolute. */
  readonly dir: string;
  /** The project's root, from which an artifact names its source. */
  readonly root: string;
}

/**
 * The first place of a stack that lies in the source of a plugin, as `plugin/alpha/index.ts:3:9` with the lines around it;
 * `undefined` when there is none. A host sees source files below the folder of its copies of artifacts.
 */
export function sourceFrame(stack: string, plugins: readonly SourcePlace[]): string | undefined {
  for (const [, path = "", line = "", column = ""] of stack.matchAll(/^\s*at .*?\(?([^\s()]+):(\d+):(\d+)\)?$/gm)) {
    const file = sourceFile(path.replaceAll("\\", "/"), plugins);
    if (file === undefined) continue;
    const frame = codeFrame(readFileSync(file, "utf8"), Number(line), Number(column), 1);
    return `${displayPath(file)}:${line}:${column}\n${frame}`;
  }
  return undefined;
}

function sourceFile(path: string, plugins: readonly SourcePlace[]): string | undefined {
  for (const { dir, root } of plugins) {
    const folder = `/${relative(root, dir).replaceAll("\\", "/")}/`;
    const start = path.lastIndexOf(folder);
    const file = start === -1 ? undefined : join(root, path.slice(start + 1));
    if (file !== undefined && existsSync(file)) return file;
  }
  return undefined;
}
