import { dirname } from "node:path";
import type { ImportedName } from "../read/syntax/module-syntax.ts";
import { isCode } from "../read/plugin-folder.ts";
import type { SourceReader } from "../read/syntax/source-file.ts";
import { reassignedNames } from "./reassigned.ts";
import { resolveFile } from "../read/resolve.ts";

/** Only what matches can export something that changes later; other files need not be parsed. */
const mayBeMutable = /\bexport\s*(?:let\b|var\b|\{|\*)/;

/** Answers which names a file of the host exports and may assign to later (`export let`). */
export class MutableExports {
  readonly #sources: SourceReader;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(sources: SourceReader) {
    this.#sources = sources;
  }

  /** Re-exports are followed, but not into packages. */
  of(path: string): ReadonlySet<string> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const mutable = new Set<string>();
    // Files that re-export each other in a circle see what is known so far.
    this.#known.set(path, mutable);
    if (!isCode(path)) return mutable;
    const file = this.#sources.read(path);
    const reassigned = reassignedNames(file);
    if (reassigned.size === 0 && !mayBeMutable.test(file.text)) return mutable;
    const { declarations, exports } = file.syntax;
    for (const { name, value } of exports) {
      if (value.kind === "local") {
        const declared = declarations.get(value.name);
        const changes =
          (declared?.kind === "variable" && !declared.constant) ||
          reassigned.has(value.name) ||
          (declared?.kind === "import" && this.#exportsMutable(declared.from, path));
        if (changes) mutable.add(name);
      } else if (value.kind === "imported" && name === "*") {
        for (const inner of this.#reexported(value.from.specifier, path)) if (inner !== "default") mutable.add(inner);
      } else if (value.kind === "imported" && this.#exportsMutable(value.from, path)) {
        mutable.add(name);
      }
    }
    return mutable;
  }

  #exportsMutable({ specifier, name }: ImportedName, importer: string): boolean {
    return this.#reexported(specifier, importer).has(name);
  }

  #reexported(specifier: string, importer: string): ReadonlySet<string> {
    const file = specifier.startsWith(".") ? resolveFile(specifier, dirname(importer)) : undefined;
    return file === undefined ? new Set() : this.of(file);
  }
}
