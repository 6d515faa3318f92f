import type { Class, Expression } from "oxc-parser";
import type { Declared } from "./syntax/module-syntax.ts";
import type { SourceFile } from "./syntax/source-file.ts";

/** What an expression evidently is, without running anything; `unknown` when only run time can tell. */
export type Evidence =
  | { readonly kind: "function"; readonly async: boolean; readonly generator: boolean }
  | { readonly kind: "class"; readonly node: Class }
  | { readonly kind: "import"; readonly specifier: string; readonly name: string }
  | { readonly kind: "undefined" }
  | { readonly kind: "value"; readonly what: string }
  | { readonly kind: "unknown" };

/** Where something is declared. */
export interface Origin {
  readonly file: SourceFile;
  readonly name: string;
  readonly evidence: Evidence;
}

/** Finds the code file that a module imports; `undefined` for a file that is not to be followed. */
export type ResolveFile = (specifier: string, importer: string) => SourceFile | undefined;

type Declarations = ReadonlyMap<string, Declared>;

const unknown: Evidence = { kind: "unknown" };

/** Looks through parentheses and type assertions. */
export function bare(expression: Expression): Expression {
  switch (expression.type) {
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "TSNonNullExpression":
    case "TSInstantiationExpression":
      return bare(expression.expression);
    default:
      return expression;
  }
}

/** What `expression` evidently is, in a module with these declarations. */
export function evidenceOf(expression: Expression, declarations: Declarations): Evidence {
  return evidence(expression, declarations, new Set());
}

/** What the declaration of a top-level name evidently makes it. */
export function evidenceOfName(name: string, declarations: Declarations): Evidence {
  return named(name, declarations, new Set());
}

function evidence(expression: Expression, declarations: Declarations, seen: Set<string>): Evidence {
  const node = bare(expression);
  switch (node.type) {
    case "ArrowFunctionExpression":
      return { kind: "function", async: node.async, generator: false };
    case "FunctionExpression":
    case "FunctionDeclaration":
      return { kind: "function", async: node.async, generator: node.generator };
    case "ClassExpression":
    case "ClassDeclaration":
      return { kind: "class", node };
    case "Identifier":
      return node.name === "undefined" ? { kind: "undefined" } : named(node.name, declarations, seen);
    case "Literal":
      return { kind: "value", what: literalKind(node) };
    case "TemplateLiteral":
      return { kind: "value", what: "a string" };
    case "ObjectExpression":
      return { kind: "value", what: "an object" };
    case "ArrayExpression":
      return { kind: "value", what: "an array" };
    case "UnaryExpression":
    case "BinaryExpression":
    case "UpdateExpression":
      return { kind: "value", what: "a computed value" };
    default:
      return unknown;
  }
}

function named(name: string, declarations: Declarations, seen: Set<string>): Evidence {
  const declared = declarations.get(name);
  if (declared === undefined || seen.has(name)) return unknown;
  switch (declared.kind) {
    case "function":
      return { kind: "function", async: declared.node.async, generator: declared.node.generator };
    case "class":
      return { kind: "class", node: declared.node };
    case "import":
      return { kind: "import", ...declared.from };
    case "enum":
      return { kind: "value", what: "an enum" };
    case "namespace":
      return { kind: "value", what: "a namespace" };
    case "variable":
      // A variable that can be assigned to may be anything by the time it is read.
      if (!declared.constant || declared.init === undefined) return unknown;
      return evidence(declared.init, declarations, seen.add(name));
    default:
      declared satisfies never;
      return unknown;
  }
}

function literalKind(node: { readonly value: unknown; readonly raw: string | null }): string {
  if (node.raw === "null") return "null";
  if (node.raw?.startsWith("/") === true) return "a regular expression";
  return `a ${typeof node.value}`;
}
