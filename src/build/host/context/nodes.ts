import type { Expression, Node, Span } from "oxc-parser";
import { knownText } from "./computed.ts";

export function spanOf({ start, end }: Span): Span {
  return { start, end };
}

/** The `type` in `{ with: { type: "text" } }`, when all of that is written out. */
export function attributeType(options: Expression): string | undefined {
  const attributes = valueOf(options, "with");
  const type = attributes === undefined ? undefined : valueOf(attributes, "type");
  return type === undefined ? undefined : knownText(type);
}

function valueOf(node: Node, name: string): Node | undefined {
  if (node.type !== "ObjectExpression" || node.properties.length !== 1) return undefined;
  const [property] = node.properties;
  if (property?.type !== "Property" || property.computed) return undefined;
  const key =
    property.key.type === "Identifier" ? property.key.name : property.key.type === "Literal" ? property.key.value : "";
  return key === name ? property.value : undefined;
}

/** Nodes of TypeScript that hold expressions; all others are types. */
const expressions: ReadonlySet<string> = new Set([
  "TSAsExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
  "TSNonNullExpression",
  "TSInstantiationExpression",
  "TSEnumDeclaration",
  "TSEnumBody",
  "TSEnumMember",
  "TSModuleDeclaration",
  "TSModuleBlock",
  "TSExportAssignment",
  "TSParameterProperty",
]);

export function isType(type: string): boolean {
  return type.startsWith("TS") && !expressions.has(type);
}
