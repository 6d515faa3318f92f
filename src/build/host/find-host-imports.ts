import type { Node, StaticImport } from "oxc-parser";
import { HotswapError } from "../../errors.ts";
import { parseModule } from "../read/syntax/parser.ts";
import { childrenOf } from "./context/scopes.ts";
import { HOST_PREFIX } from "./host-imports.ts";

/** An import of a host module in the bundled code. Positions are UTF-16 indices. */
export type HostImport =
  | {
      readonly kind: "static";
      /** Of the module: {@link keyOf}. */
      readonly key: string;
      readonly start: number;
      readonly end: number;
      /** What is bound: the host's name for it (`*` for the namespace), and the code's own. */
      readonly bindings: readonly (readonly [name: string, local: string])[];
    }
  | { readonly kind: "dynamic" | "require"; readonly key: string; readonly start: number; readonly end: number };

/**
 * Finds the imports of host modules in bundled code. Parsing all of it would take as long as a third of the bundling
 * itself, so the statements are read as the bundler prints them; if one is not what it looks like, everything is parsed.
 */
export function findHostImports(code: string): HostImport[] {
  const found: HostImport[] = [];
  for (let at = code.indexOf(HOST_PREFIX); at !== -1; at = code.indexOf(HOST_PREFIX, at + 1)) {
    const statement = readStatement(code, at);
    if (statement === undefined) return parseAll(code);
    found.push(statement);
  }
  return found;
}

/** The bundler's name for `require` is shorter. */
const CALL_LENGTH = 40;

const clause = /^import\s*([\w$]+(?=[\s,]))?\s*,?\s*(?:\*\s*as\s+([\w$]+)|\{([^}]*)\})?\s*(?:from\s*)?["'`]$/;
const member = /^\s*(?:([\w$]+)|("(?:[^"\\]|\\.)*"))(?:\s*\bas\s+([\w$]+))?\s*$/;

/** The import whose specifier begins at `at`; `undefined` when that is not clear. */
function readStatement(code: string, at: number): HostImport | undefined {
  const closing = code.indexOf(code[at - 1] ?? "", at);
  if (closing === -1) return undefined;
  const key = keyIn(code.slice(at, closing));
  const call = /(?:^|[^\w$.])(import|[\w$]+)\($/.exec(code.slice(Math.max(0, at - CALL_LENGTH), at - 1))?.[1];
  if (call !== undefined) {
    if (code[closing + 1] !== ")") return undefined;
    const kind = call === "import" ? "dynamic" : "require";
    return { kind, key, start: at - 2 - call.length, end: closing + 2 };
  }
  const start = code.lastIndexOf("import", at);
  const parts = /[\s;}]/.test(code[start - 1] ?? "\n") ? clause.exec(code.slice(start, at)) : null;
  const bindings = parts === null ? undefined : readBindings(parts);
  if (bindings === undefined) return undefined;
  // Attributes and the semicolon belong to the statement; the printer puts both on the specifier's line.
  const rest = /^(?:\s*with\s*\{[^}]*\})?;?/.exec(code.slice(closing + 1, closing + 200))?.[0] ?? "";
  return { kind: "static", key, start, end: closing + 1 + rest.length, bindings };
}

function readBindings([, whole, namespace, members]: RegExpExecArray): [string, string][] | undefined {
  const bindings: [string, string][] = [];
  if (whole !== undefined) bindings.push(["default", whole]);
  if (namespace !== undefined) bindings.push(["*", namespace]);
  for (const text of members?.split(",") ?? []) {
    if (text.trim() === "") continue;
    const [, plain, quoted, local] = member.exec(text) ?? [];
    const name = quoted === undefined ? plain : (JSON.parse(quoted) as string);
    const own = local ?? plain;
    if (name === undefined || own === undefined) return undefined;
    bindings.push([name, own]);
  }
  return bindings;
}

function parseAll(code: string): HostImport[] {
  const { module, program, errors } = parseModule("artifact.js", code);
  if (errors.length > 0) throw unknownOutput(`code that does not parse (${errors[0]?.message})`);
  const found: HostImport[] = [];
  for (const statement of module.staticImports) {
    if (statement.moduleRequest.value.startsWith(HOST_PREFIX)) found.push(staticImport(statement));
  }
  for (const { start, end, moduleRequest } of module.dynamicImports) {
    const argument = code.slice(moduleRequest.start + 1, moduleRequest.end - 1);
    if (argument.startsWith(HOST_PREFIX)) {
      found.push({ kind: "dynamic", key: keyIn(argument), start, end });
    }
  }
  const nodes: Node[] = [program];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    nodes.push(...childrenOf(node));
    const [argument] = node.type === "CallExpression" ? node.arguments : [];
    if (argument?.type !== "Literal" || typeof argument.value !== "string") continue;
    if (!argument.value.startsWith(HOST_PREFIX)) continue;
    found.push({ kind: "require", key: keyIn(argument.value), start: node.start, end: node.end });
  }
  return found;
}

function staticImport({ start, end, moduleRequest, entries }: StaticImport): HostImport {
  return {
    kind: "static",
    key: keyIn(moduleRequest.value),
    start,
    end,
    bindings: entries.map(({ importName, localName }) => {
      if (importName.kind === "NamespaceObject") return ["*", localName.value];
      return [importName.kind === "Default" ? "default" : (importName.name ?? "default"), localName.value];
    }),
  };
}

/** The error for a bundler that prints `what`. No Bun that this version was tested with does. */
export function unknownOutput(what: string): HotswapError {
  return new HotswapError(
    "HOTSWAP_UNSUPPORTED_BUN",
    `the bundler of this Bun (${Bun.version}) prints ${what}, which this version of hotswap cannot read: build with Bun 1.4.5, or update hotswap`,
  );
}

function keyIn(literal: string): string {
  return literal.slice(HOST_PREFIX.length);
}
