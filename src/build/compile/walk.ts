import type { ImportExpression, MetaProperty, Node, Program, Span } from "oxc-parser";
import { childKeys } from "../read/syntax/parser.ts";

/** What stands in a module's code wherever it stands. */
export interface Contents {
  /** Names that are assigned to inside of functions. */
  readonly assignedLater: ReadonlySet<string>;
  /** Places where a name is assigned to, by the name. */
  readonly assigned: ReadonlyMap<string, Span>;
  /** Places where a member of a name is assigned to or deleted, by the name of the object. */
  readonly assignedMembers: ReadonlyMap<string, Span>;
  readonly imports: readonly ImportExpression[];
  readonly metas: readonly MetaProperty[];
  /** String literals that are given to `require`. */
  readonly requires: readonly string[];
  /** Something is required whose name is only known at run time. */
  readonly requiresComputed: boolean;
  /** Something is awaited outside of functions. */
  readonly awaits: boolean;
}

const functions: ReadonlySet<string> = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "StaticBlock",
  "PropertyDefinition",
]);

/** Looks through a module's code. */
export function walkModule(program: Program): Contents {
  const keys = childKeys();
  const found = {
    assignedLater: new Set<string>(),
    assigned: new Map<string, Span>(),
    assignedMembers: new Map<string, Span>(),
    imports: [] as ImportExpression[],
    metas: [] as MetaProperty[],
    requires: [] as string[],
    requiresComputed: false,
    awaits: false,
  };
  const nodes: Node[] = [program];
  const depths: number[] = [0];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    let depth = depths.pop() ?? 0;
    const assign = (target: Node): void => {
      if (target.type === "Identifier") {
        found.assigned.set(target.name, target);
        if (depth > 0) found.assignedLater.add(target.name);
      } else if (target.type === "MemberExpression") {
        if (target.object.type === "Identifier") found.assignedMembers.set(target.object.name, target);
      } else {
        for (const inner of targetsOf(target)) assign(inner);
      }
    };
    switch (node.type) {
      case "AssignmentExpression":
        assign(node.left);
        break;
      case "UpdateExpression":
        assign(node.argument);
        break;
      case "UnaryExpression":
        if (node.operator === "delete") assign(node.argument);
        break;
      case "ForInStatement":
      case "ForOfStatement":
        if (node.left.type !== "VariableDeclaration") assign(node.left);
        if (node.type === "ForOfStatement" && node.await && depth === 0) found.awaits = true;
        break;
      case "AwaitExpression":
        if (depth === 0) found.awaits = true;
        break;
      case "VariableDeclaration":
        if (node.kind === "await using" && depth === 0) found.awaits = true;
        break;
      case "ImportExpression":
        found.imports.push(node);
        break;
      case "MetaProperty":
        if (node.meta.name === "import") found.metas.push(node);
        break;
      case "CallExpression":
        if (isRequire(node.callee)) {
          const [argument] = node.arguments;
          if (argument?.type === "Literal" && typeof argument.value === "string") found.requires.push(argument.value);
          else found.requiresComputed = true;
        }
        break;
      default:
        if (functions.has(node.type)) depth++;
    }
    for (const key of keys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | null | readonly (Node | null)[]>)[key];
      if (Array.isArray(child)) {
        for (let index = child.length - 1; index >= 0; index--) {
          const inner = child[index] as Node | null;
          if (inner !== null) {
            nodes.push(inner);
            depths.push(depth);
          }
        }
      } else if (child !== null && child !== undefined) {
        nodes.push(child as Node);
        depths.push(depth);
      }
    }
  }
  found.imports.sort((a, b) => a.start - b.start);
  return found;
}

/** `require` or `import.meta.require`. */
function isRequire(callee: Node): boolean {
  if (callee.type === "Identifier") return callee.name === "require";
  return (
    callee.type === "MemberExpression" &&
    callee.object.type === "MetaProperty" &&
    !callee.computed &&
    callee.property.name === "require"
  );
}

/** The targets within a pattern that is assigned to. */
function targetsOf(pattern: Node): Node[] {
  switch (pattern.type) {
    case "ArrayPattern":
      return pattern.elements.filter((element) => element !== null);
    case "ObjectPattern":
      return pattern.properties.map((property) => (property.type === "RestElement" ? property : property.value));
    case "AssignmentPattern":
      return [pattern.left];
    case "RestElement":
      return [pattern.argument];
    case "ParenthesizedExpression":
    case "ChainExpression":
      return [pattern.expression];
    default:
      return [];
  }
}
