import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { isInPackage, resolveFile } from "../read/resolve.ts";
import { stateOf } from "../read/project-files.ts";
import { isCode } from "../read/plugin-folder.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { loaderOf } from "./print.ts";

/** Files as they were. */
export class Inputs {
  readonly files: readonly string[];
  readonly #state: string;

  constructor(files: readonly string[]) {
    this.files = files;
    this.#state = statesOf(files);
  }

  /** Whether none of the files changed since. */
  get isCurrent(): boolean {
    return statesOf(this.files) === this.#state;
  }
}

/** What a module imports macros from. */
export function macrosIn(text: string): Set<string> {
  const found = text.matchAll(/\bfrom\s*["']([^"']+)["']\s*with\s*\{\s*type\s*:\s*["']macro["']/g);
  return new Set(Array.from(found, ([, specifier = ""]) => specifier));
}

/** The files of the macros that a module uses, and what these import that lies in no package. */
export function macroFiles({ path, text }: SourceFile): string[] {
  const found = new Set<string>();
  const left = Array.from(macrosIn(text)).flatMap((specifier) => resolveFile(specifier, dirname(path)) ?? []);
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file) || isInPackage(file)) continue;
    found.add(file);
    left.push(...importsOf(file));
  }
  return Array.from(found);
}

/** The files that a module imports, as far as they are there. */
export function importsOf(file: string): string[] {
  if (!isCode(file)) return [];
  try {
    const imports = new Bun.Transpiler({ loader: loaderOf(file) }).scanImports(readFileSync(file));
    return imports.flatMap((found) => resolveFile(found.path, dirname(file)) ?? []);
  } catch {
    // It is being written, or wrong: whoever runs it says so.
    return [];
  }
}

function statesOf(files: readonly string[]): string {
  return files.map(stateOf).join("\n");
}
