import { relative } from "node:path";
import type { ParseResult, Span, StaticExport, StaticImport, ValueSpan } from "oxc-parser";
import { applyEdits, type Edit } from "../text-edits.ts";
import { parseModule } from "../read/syntax/parser.ts";
import { NeedsBundler } from "../needs-bundler.ts";

/** What a module takes from another one. */
export interface ModuleImport {
  readonly specifier: string;
  /** The other's name for it (`*` for the namespace), and the module's own. */
  readonly bindings: readonly (readonly [name: string, local: string])[];
  /** The other's names become the module's exports (`export *`). */
  readonly star: boolean;
}

/** A module's code without its imports and exports. */
export interface ModuleCode {
  /** The code from its second line on; lines, and columns but for imports at run time, are the bundler's. */
  readonly body: string;
  /** In the order in which they are evaluated. */
  readonly imports: readonly ModuleImport[];
  /** The specifiers of `import()`: the code calls `__import0__()` for the first, and so on. */
  readonly dynamic: readonly string[];
  /** The module's own names by the names of its exports. */
  readonly exports: ReadonlyMap<string, string>;
}

/** A statement that names another module. */
interface Statement extends Span {
  readonly moduleRequest: ValueSpan;
  readonly bindings: readonly (readonly [name: string, local: string])[];
  readonly star: boolean;
}

/** What `import.meta` is called in a section: no longer than it was. */
export const META = "__meta__";

/** How a section calls the n-th `import()`. */
export function dynamicName(index: number): string {
  return `__import${index}__`;
}

/** What a section has names for; a module that has them, too, would get the section's. */
export const sectionNames = /__(?:hotswap|plugin|meta|import\d+)__/;

/** Matches what makes a module one of CommonJS, which only the bundler can tell from what looks like it. */
const commonJs = /\brequire\s*[(.]|\bmodule\.exports\b|\bexports\.|__require\b|__commonJS\b/;

/**
 * Takes the bundler's output of one module apart. Throws {@link NeedsBundler} for what a function cannot hold.
 *
 * @param path absolute path of the module
 */
export function readModuleCode(code: string, path: string): ModuleCode {
  if (commonJs.test(code)) throw new NeedsBundler(`${path} may be CommonJS`);
  if (sectionNames.test(code)) throw new NeedsBundler(`${path} has names that sections use`);
  const { module, errors } = parseModule("module.js", code);
  if (errors.length > 0) throw new NeedsBundler(`the output of ${path} does not parse`);
  const imports: ModuleImport[] = [];
  const exports = new Map<string, string>();
  const edits: Edit[] = [];
  for (const { start, end, moduleRequest, bindings, star } of statementsOf(module)) {
    edits.push({ start, end, text: "" });
    if (/\bwith\b|\bassert\b/.test(code.slice(moduleRequest.end, end)))
      throw new NeedsBundler("an import has attributes");
    imports.push({ specifier: moduleRequest.value, bindings, star });
  }
  const list = exportList(code);
  if (list !== undefined) edits.push({ ...list, text: "" });
  for (const statement of module.staticExports) readExports(statement, code, list, exports);
  const dynamic: string[] = [];
  for (const { start, end, moduleRequest } of module.dynamicImports) {
    const specifier = stringIn(code.slice(moduleRequest.start, moduleRequest.end));
    if (specifier === undefined || !/^\s*\)$/.test(code.slice(moduleRequest.end, end))) {
      throw new NeedsBundler(`${path} imports what is only known at run time`);
    }
    edits.push({ start, end, text: `${dynamicName(dynamic.push(specifier) - 1)}()` });
  }
  edits.push(...metas(module, code));
  const body = withoutPlace(applyEdits(code, edits), path);
  requireSynchronous(body, path);
  return { body, imports, dynamic, exports };
}

/** Statements that take something from another module, in their order: imports, and `export *`. */
function statementsOf({ staticImports, staticExports }: ParseResult["module"]): Statement[] {
  const imports = staticImports.map(({ entries, ...rest }): Statement => ({
    ...rest,
    bindings: entries.map(bindingOf),
    star: false,
  }));
  const stars = staticExports.flatMap(({ start, end, entries }) =>
    entries.flatMap(({ moduleRequest, importName }): Statement[] =>
      moduleRequest !== null && importName.kind === "AllButDefault"
        ? [{ start, end, moduleRequest, bindings: [], star: true }]
        : [],
    ),
  );
  return [...imports, ...stars].toSorted((a, b) => a.start - b.start);
}

function bindingOf({ importName, localName }: StaticImport["entries"][number]): [string, string] {
  if (importName.kind === "NamespaceObject") return ["*", localName.value];
  if (importName.name === "*") throw new NeedsBundler("an export is called *");
  return [importName.kind === "Default" ? "default" : (importName.name ?? "default"), localName.value];
}

/** The list of exports that the bundler writes at the end of a module. */
function exportList(code: string): Span | undefined {
  const found = /(?<=^|\n)export \{\n(?: {2}[^\n]*\n)*\};\n$/.exec(code);
  return found === null ? undefined : { start: found.index, end: code.length };
}

/** Exports of the module's own names, imported ones as well; the parser counts those among the statements that import them. */
function readExports(
  { entries }: StaticExport,
  code: string,
  list: Span | undefined,
  exports: Map<string, string>,
): void {
  for (const { start, end, importName, exportName } of entries) {
    if (importName.kind === "AllButDefault") continue;
    const local = /^((?:[\w$]|[^\0-\x7f]|\\u\{[\da-f]+\})+)(?: as |$)/.exec(code.slice(start, end))?.[1];
    if (list === undefined || start < list.start || exportName.name === null || local === undefined) {
      throw new NeedsBundler("an export is written in an unknown form");
    }
    exports.set(exportName.name, local);
  }
}

/** Puts what sections have in the place of `import.meta`. Only the artifact can be what a process was started with. */
function metas({ importMetas }: ParseResult["module"], code: string): Edit[] {
  return importMetas.map(({ start }) => {
    const [found, main] = /^import\.meta(\.main\b(?!\$))?/.exec(code.slice(start, start + 20)) ?? [];
    if (found === undefined) throw new NeedsBundler("import.meta is written in an unknown form");
    return { start, end: start + found.length, text: main === undefined ? META : "false" };
  });
}

const escape = /\\(?:x([\da-f]{2})|u([\da-f]{4})|u\{([\da-f]+)\}|(["'`\\]))/gi;

/** What a literal says, as the bundler prints it; `undefined` when that is only known at run time. */
function stringIn(literal: string): string | undefined {
  const quoted = /^(["'`])(.*)\1$/s.exec(literal)?.[2];
  if (quoted === undefined) return undefined;
  const said = quoted.replaceAll(escape, (_, byte?: string, unit?: string, point?: string, plain?: string) => {
    return plain ?? String.fromCodePoint(Number.parseInt(byte ?? unit ?? point ?? "", 16));
  });
  // Other escapes, and what is put in.
  return /\$\{|\\[^"'`\\xu]/.test(quoted) ? undefined : said;
}

/**
 * Without the comment that says which module it is, from the folder in which the build was started: the same source must
 * give the same artifact wherever it is built.
 */
function withoutPlace(code: string, path: string): string {
  const place = relative(process.cwd(), path).replaceAll("\\", "/");
  const lines = code.split("\n");
  // What the bundler adds to a module stands above it.
  const line = lines.findIndex((text) => text === `// ${place}` || text === `/* ${place} */`);
  if (line === -1 && code.trim() !== "") throw new NeedsBundler(`the output of ${path} does not say what it is`);
  lines[line] = "";
  return lines.join("\n");
}

/** A function cannot wait. In a module `await` is no name, so the parser finds every one that stands outside of functions. */
function requireSynchronous(body: string, path: string): void {
  if (!/\bawait\b/.test(body)) return;
  if (parseModule("module.js", `(function(){${body}\n});`).errors.length > 0) {
    throw new NeedsBundler(`${path} awaits something while it is evaluated`);
  }
}
