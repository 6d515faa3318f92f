import type {
  Declaration,
  ExportDefaultDeclaration,
  ExportNamedDeclaration,
  ExportSpecifier,
  ImportDeclaration,
  ImportDeclarationSpecifier,
  ModuleExportName,
  Program,
} from "oxc-parser";
import { boundNames, nameOf } from "../../read/syntax/module-syntax.ts";
import type { Edit } from "../../text-edits.ts";
import type { ModuleImport } from "../module-code.ts";
import { type Erasure, NotErasable, withComma } from "./erasure.ts";
import { isErased } from "./lists.ts";

/** What a module calls its default export when that has no name: as long as what stood there. */
export const DEFAULT = "_default";

/** What a module calls the n-th name that it exports of another module. */
export function exportedName(index: number): string {
  return `__from${index}__`;
}

/** A module's imports and exports. */
export interface ModuleStatements {
  readonly imports: readonly ModuleImport[];
  /** The module's own names by the names of its exports. */
  readonly exports: ReadonlyMap<string, string>;
  /** Leave out all that is about imports and exports. */
  readonly edits: readonly Edit[];
  /** Leave out only what is about types. */
  readonly typeEdits: readonly Edit[];
}

/**
 * Reads a module's imports and exports.
 *
 * @param isUsed whether a value may be meant by what is imported under a name
 * @param isValue whether a name that is exported is one of a value
 */
export function readStatements(
  { body }: Program,
  { text }: Erasure,
  isUsed: (local: string) => boolean,
  isValue: (local: string) => boolean,
): ModuleStatements {
  const imports: ModuleImport[] = [];
  const exports = new Map<string, string>();
  const edits: Edit[] = [];
  const typeEdits: Edit[] = [];
  for (const statement of body) {
    const { start, end } = statement;
    switch (statement.type) {
      case "ImportDeclaration": {
        const specifier = sourceOf(statement);
        const kept = keptImports(statement, isUsed);
        edits.push({ start, end, text: ";" });
        if (kept === undefined) {
          typeEdits.push({ start, end, text: ";" });
          break;
        }
        typeEdits.push(...dropImports(statement.specifiers, kept, text));
        imports.push({ specifier, bindings: kept.map(bindingOf), star: false });
        break;
      }
      case "ExportAllDeclaration": {
        if (isErased(statement)) break;
        edits.push({ start, end, text: ";" });
        const { exported } = statement;
        const local = exportedName(exports.size);
        if (exported !== null) exports.set(nameOf(exported), local);
        const bindings = exported === null ? [] : [["*", local] as const];
        imports.push({ specifier: sourceOf(statement), bindings, star: exported === null });
        break;
      }
      case "ExportNamedDeclaration":
        if (isErased(statement)) break;
        if (statement.declaration !== null) {
          edits.push({ start, end: statement.declaration.start, text: "" });
          for (const name of declaredNames(statement.declaration)) exports.set(name, name);
          break;
        }
        edits.push({ start, end, text: ";" });
        readSpecifiers(statement, { text, isValue, imports, exports, typeEdits });
        break;
      case "ExportDefaultDeclaration":
        if (isErased(statement)) break;
        edits.push(defaultEdit(statement, text));
        exports.set("default", defaultName(statement) ?? DEFAULT);
        break;
      default:
    }
  }
  return { imports, exports, edits, typeEdits };
}

/** Those that are more than types; `undefined` when nothing is left of the statement. */
function keptImports(
  { importKind, specifiers }: ImportDeclaration,
  isUsed: (local: string) => boolean,
): ImportDeclarationSpecifier[] | undefined {
  if (importKind === "type") return undefined;
  const kept = specifiers.filter(
    (specifier) =>
      !(specifier.type === "ImportSpecifier" && specifier.importKind === "type") && isUsed(specifier.local.name),
  );
  return kept.length === 0 && specifiers.length > 0 ? undefined : kept;
}

function dropImports(
  specifiers: readonly ImportDeclarationSpecifier[],
  kept: readonly ImportDeclarationSpecifier[],
  text: string,
): Edit[] {
  return specifiers.flatMap((specifier, index): Edit[] => {
    if (kept.includes(specifier)) return [];
    const { type, start, end } = specifier;
    // Before a namespace stands the comma behind the default.
    if (type === "ImportNamespaceSpecifier") return [{ start: specifiers[index - 1]?.end ?? start, end, text: "" }];
    return [{ start, end: withComma(text, end), text: "" }];
  });
}

function bindingOf(specifier: ImportDeclarationSpecifier): [name: string, local: string] {
  const local = specifier.local.name;
  if (specifier.type === "ImportNamespaceSpecifier") return ["*", local];
  return [specifier.type === "ImportSpecifier" ? importedName(specifier.imported) : "default", local];
}

function importedName(name: ModuleExportName): string {
  // What stands for the namespace among bindings.
  if (nameOf(name) === "*") throw new NotErasable("an export that is called *");
  return nameOf(name);
}

interface Reading {
  readonly text: string;
  readonly isValue: (local: string) => boolean;
  readonly imports: ModuleImport[];
  readonly exports: Map<string, string>;
  readonly typeEdits: Edit[];
}

function readSpecifiers(statement: ExportNamedDeclaration, reading: Reading): void {
  const { text, isValue, imports, exports, typeEdits } = reading;
  const isKept = ({ exportKind, local }: ExportSpecifier): boolean =>
    exportKind !== "type" && (statement.source !== null || isValue(nameOf(local)));
  const kept = statement.specifiers.filter(isKept);
  for (const { start, end } of statement.specifiers.filter((specifier) => !kept.includes(specifier))) {
    typeEdits.push({ start, end: withComma(text, end), text: "" });
  }
  if (statement.source === null) {
    for (const { local, exported } of kept) exports.set(nameOf(exported), nameOf(local));
    return;
  }
  const taken = exports.size;
  const bindings = kept.map(({ local }, index) => [importedName(local), exportedName(taken + index)] as const);
  for (const [index, { exported }] of kept.entries()) exports.set(nameOf(exported), exportedName(taken + index));
  imports.push({ specifier: sourceOf(statement), bindings, star: false });
}

/** What the statement names; with attributes it may be no code. */
function sourceOf({ source, attributes, phase }: Pick<ImportDeclaration, "attributes"> & SourceAndPhase): string {
  if (attributes.length > 0 || (phase ?? null) !== null) throw new NotErasable("an import with attributes");
  if (source === null) throw new NotErasable("an import of nothing");
  return source.value;
}

interface SourceAndPhase {
  readonly source: ImportDeclaration["source"] | null;
  readonly phase?: ImportDeclaration["phase"];
}

function declaredNames(declaration: Declaration): string[] {
  switch (declaration.type) {
    case "VariableDeclaration":
      return declaration.declarations.flatMap(({ id }) => boundNames(id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return declaration.id === null ? [] : [declaration.id.name];
    default:
      throw new NotErasable(`an exported ${declaration.type}`);
  }
}

/** The name that the default export has anyway. */
function defaultName({ declaration }: ExportDefaultDeclaration): string | undefined {
  if (declaration.type !== "FunctionDeclaration" && declaration.type !== "ClassDeclaration") return undefined;
  return declaration.id?.name;
}

const declarationStart = /(?:async\s+)?function\s*\*?|class\b/y;

/** Makes the default export a declaration. */
function defaultEdit(statement: ExportDefaultDeclaration, text: string): Edit {
  const { start, declaration } = statement;
  if (defaultName(statement) !== undefined) return { start, end: declaration.start, text: "" };
  if (declaration.type !== "FunctionDeclaration" && declaration.type !== "ClassDeclaration") {
    return { start, end: declaration.start, text: `const ${DEFAULT}=` };
  }
  declarationStart.lastIndex = declaration.start;
  const [words] = declarationStart.exec(text) ?? [];
  if (words === undefined) throw new NotErasable("a default export in an unknown form");
  return { start, end: declaration.start + words.length, text: `${words} ${DEFAULT} ` };
}
