import type { Diagnostic } from "../../diagnostic.ts";
import type { Edit } from "../../text-edits.ts";
import type { TextPattern } from "./computed.ts";

/** What adding a context to a module's code needs to know of the plugin. */
export interface ContextSurroundings {
  /** Stands in the names of the module's context. */
  readonly id: string;
  /** What stands for an import with a `type` attribute; `undefined` leaves it to the compiler. */
  attributed(specifier: string, type: string): string | undefined;
  /** Who owns what a specifier names, seen from the module; `undefined` when it names nothing. */
  ownerOf(specifier: string): "plugin" | "host" | undefined;
  /** Paths, relative to the module's folder, of the plugin's files that a path may mean; `undefined` when it leaves the plugin. */
  choices(pattern: TextPattern, type: string | undefined): readonly string[] | undefined;
  /** The path, from the plugin's folder, of a module whose code a worker can have; `undefined` when it is no such module. */
  worker(specifier: string): string | undefined;
  /** The member of `import.meta` is given a value by a build flag. */
  isDefined(member: string): boolean;
}

/** A module's source, edited so that it uses its own context where it would otherwise use the artifact's. */
export interface EditedModule {
  readonly edits: readonly Edit[];
  /** What follows the last line. */
  readonly added: string;
  readonly warnings: readonly Diagnostic[];
  /** Paths, from the plugin's folder, of the workers that the module starts. */
  readonly workers: readonly string[];
  /** Those of the edits that are needed where `require` and `import()` themselves are given to the module. */
  readonly renames: readonly Edit[];
  /** Paths, from the module's folder, of what it chooses from at run time, with what it is taken for. */
  readonly choices: readonly (readonly [path: string, type: string | undefined])[];
}

/** A module that means without a context what it should. */
export const untouched: EditedModule = { edits: [], added: "", warnings: [], workers: [], renames: [], choices: [] };
