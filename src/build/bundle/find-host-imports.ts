import { parseSync, type StaticImport } from "oxc-parser";
import { HOST_PREFIX, specifierOf } from "./host-imports.ts";

/** An import of a host module in the bundled code. Positions are UTF-16 indices. */
export type HostImport =
  | {
      readonly kind: "static";
      readonly specifier: string;
      readonly start: number;
      readonly end: number;
      /** What is bound: the host's name for it (`*` for the namespace), and the code's own. */
      readonly bindings: readonly (readonly [name: string, local: string])[];
    }
  | { readonly kind: "dynamic"; readonly specifier: string; readonly start: number; readonly end: number };

/**
 * Finds the imports of host modules in bundled code. Parsing all of it would take as long as a third of the bundling
 * itself, so only the statements that name the prefix are cut out and parsed, in one go; if they are not what they
 * look like, everything is parsed.
 */
export function findHostImports(code: string): HostImport[] {
  const statements: Span[] = [];
  const found: HostImport[] = [];
  for (let at = code.indexOf(HOST_PREFIX); at !== -1; at = code.indexOf(HOST_PREFIX, at + 1)) {
    const place = placeOf(code, at);
    if (place === undefined) return parseAll(code);
    if ("kind" in place) found.push(place);
    else statements.push(place);
  }
  if (statements.length === 0) return found;
  const excerpt = statements.map(({ start, end }) => code.slice(start, end)).join("\n");
  const { module, errors } = parseSync("imports.js", excerpt, { sourceType: "module" });
  if (errors.length > 0 || module.staticImports.length !== statements.length) return parseAll(code);
  let offset = 0;
  for (const [index, { start, end }] of statements.entries()) {
    const statement = module.staticImports[index];
    if (statement?.start !== offset) return parseAll(code);
    found.push(staticImport(statement, start - offset, end));
    offset += end - start + 1;
  }
  return found;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** What stands around the specifier whose prefix is at `at`; `undefined` when that is not clear. */
function placeOf(code: string, at: number): Span | HostImport | undefined {
  const quote = code[at - 1] ?? "";
  const closing = code.indexOf(quote, at);
  if (closing === -1) return undefined;
  if (code.startsWith("import(", at - 8)) {
    if (code[closing + 1] !== ")") return undefined;
    return { kind: "dynamic", specifier: specifierIn(code.slice(at, closing)), start: at - 8, end: closing + 2 };
  }
  // Attributes and the semicolon belong to the statement; the printer puts both on the specifier's line.
  const rest = /^(?:\s*with\s*\{[^}]*\})?;?/.exec(code.slice(closing + 1, closing + 200))?.[0] ?? "";
  const start = startOfStatement(code, at);
  return start === -1 ? undefined : { start, end: closing + 1 + rest.length };
}

/** The nearest `import` before `at` that can begin a statement; -1 when there is none. */
function startOfStatement(code: string, at: number): number {
  const start = code.lastIndexOf("import", at);
  const before = code[start - 1] ?? "\n";
  return /[\s;}]/.test(before) && /[\s*{"]/.test(code[start + 6] ?? "") ? start : -1;
}

function parseAll(code: string): HostImport[] {
  const { module, errors } = parseSync("artifact.js", code, { sourceType: "module" });
  if (errors.length > 0) throw new Error(`the bundled code does not parse: ${errors[0]?.message}`);
  const found: HostImport[] = [];
  for (const statement of module.staticImports) {
    if (statement.moduleRequest.value.startsWith(HOST_PREFIX)) found.push(staticImport(statement, 0, statement.end));
  }
  for (const { start, end, moduleRequest } of module.dynamicImports) {
    const argument = code.slice(moduleRequest.start + 1, moduleRequest.end - 1);
    if (argument.startsWith(HOST_PREFIX)) {
      found.push({ kind: "dynamic", specifier: specifierIn(argument), start, end });
    }
  }
  return found;
}

function staticImport({ start, moduleRequest, entries }: StaticImport, shift: number, end: number): HostImport {
  return {
    kind: "static",
    specifier: specifierIn(moduleRequest.value),
    start: start + shift,
    end,
    bindings: entries.map(({ importName, localName }) => {
      if (importName.kind === "NamespaceObject") return ["*", localName.value];
      return [importName.kind === "Default" ? "default" : (importName.name ?? "default"), localName.value];
    }),
  };
}

function specifierIn(literal: string): string {
  return specifierOf(literal.slice(HOST_PREFIX.length));
}
