import { dirname } from "node:path";
import { isBuiltin } from "node:module";
import type { ImportedName } from "../read/syntax/module-syntax.ts";
import { isCode } from "../read/plugin-folder.ts";
import type { SourceReader } from "../read/syntax/source-file.ts";
import { reassignedNames } from "./reassigned.ts";
import { isInPackage, resolveFile } from "../read/resolve.ts";

/** Only a file that matches can export something that changes later; other files need not be parsed. */
const mayBeMutable = /\bexport\s*(?:let\b|var\b|\{|\*)/;

/** Exported names that may be assigned to later. */
export interface MutableNames {
  readonly names: ReadonlySet<string>;
  /** There may be other names: it exports everything of a module that was not examined. */
  readonly unknown: boolean;
}

/** Of a module of which nothing changes. */
export const nothingMutable: MutableNames = { names: new Set(), unknown: false };

/** Of a module that was not looked into. */
export const anythingMutable: MutableNames = { names: new Set(), unknown: true };

/** Returns which names a file of the host exports and may assign to later (`export let`). */
export class MutableExports {
  readonly #sources: SourceReader;
  readonly #known = new Map<string, MutableNames>();

  constructor(sources: SourceReader) {
    this.#sources = sources;
  }

  /**
   * Re-exports are followed, but packages are not looked into: that would take longer than bundling the plugin, so everything
   * of theirs may change.
   */
  of(path: string): MutableNames {
    if (isInPackage(path)) return anythingMutable;
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const names = new Set<string>();
    const found = { names, unknown: false };
    // Files that re-export each other in a circle see what is known so far.
    this.#known.set(path, found);
    if (!isCode(path)) return found;
    const file = this.#sources.read(path);
    const reassigned = reassignedNames(file);
    if (reassigned.size === 0 && !mayBeMutable.test(file.text)) return found;
    const { declarations, exports } = file.syntax;
    for (const { name, value } of exports) {
      if (value.kind === "local") {
        const declared = declarations.get(value.name);
        const changes =
          (declared?.kind === "variable" && !declared.constant) ||
          reassigned.has(value.name) ||
          (declared?.kind === "import" && this.#isMutable(declared.from, path));
        if (changes) names.add(name);
      } else if (value.kind === "imported" && name === "*") {
        const inner = this.#reexported(value.from.specifier, path);
        for (const exported of inner.names) if (exported !== "default") names.add(exported);
        if (inner.unknown) found.unknown = true;
      } else if (value.kind === "imported" && this.#isMutable(value.from, path)) {
        names.add(name);
      }
    }
    return found;
  }

  #isMutable({ specifier, name }: ImportedName, importer: string): boolean {
    const { names, unknown } = this.#reexported(specifier, importer);
    // A namespace object never changes, and its members are read anew each time.
    return name !== "*" && (unknown || names.has(name));
  }

  #reexported(specifier: string, importer: string): MutableNames {
    if (isBuiltin(specifier)) return nothingMutable;
    const file = resolveFile(specifier, dirname(importer));
    return file === undefined ? anythingMutable : this.of(file);
  }
}
