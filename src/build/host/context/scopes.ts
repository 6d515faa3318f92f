import type { Function as FunctionNode, ArrowFunctionExpression, Node, Program } from "oxc-parser";
import { boundNames } from "../../read/syntax/module-syntax.ts";
import { childKeys } from "../../read/syntax/parser.ts";

/** Nodes that hold others, by the properties that do. */
export function* childrenOf(node: Node): Generator<Node, void> {
  const record = node as unknown as Record<string, Node | null | undefined | readonly (Node | null)[]>;
  for (const key of childKeys()[node.type] ?? []) {
    const child = record[key];
    for (const inner of Array.isArray(child) ? child : [child]) {
      if (inner !== null && inner !== undefined) yield inner as Node;
    }
  }
}

export function isFunction(node: Node): node is FunctionNode | ArrowFunctionExpression {
  return (
    node.type === "FunctionDeclaration" || node.type === "FunctionExpression" || node.type === "ArrowFunctionExpression"
  );
}

/** Those of `names` that a function or module declares, in whatever block, but not in functions inside of it. */
export function declaredNames(
  scope: Program | FunctionNode | ArrowFunctionExpression,
  names: ReadonlySet<string>,
): Set<string> {
  const declared = new Set<string>();
  const add = (name: string): void => {
    if (names.has(name)) declared.add(name);
  };
  const nodes: Node[] = [...childrenOf(scope)];
  if (scope.type !== "Program") {
    for (const parameter of scope.params) {
      const pattern = parameter.type === "TSParameterProperty" ? parameter.parameter : parameter;
      for (const name of boundNames(pattern.type === "RestElement" ? pattern.argument : pattern)) add(name);
    }
    if (scope.type === "FunctionExpression" && scope.id !== null) add(scope.id.name);
  }
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.type === "VariableDeclarator") for (const name of boundNames(node.id)) add(name);
    if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration")
      if (node.id !== null) add(node.id.name);
    if (node.type === "CatchClause" && node.param !== null) for (const name of boundNames(node.param)) add(name);
    if (node.type === "ImportSpecifier" || node.type === "ImportDefaultSpecifier") add(node.local.name);
    if (node.type === "ImportNamespaceSpecifier") add(node.local.name);
    if (!isFunction(node)) nodes.push(...childrenOf(node));
  }
  return declared;
}
