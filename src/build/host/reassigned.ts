import type { Node } from "oxc-parser";
import { boundNames } from "../read/syntax/module-syntax.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { childrenOf } from "./context/scopes.ts";

const declaration = /\b(?:function\s*\*?|class)\s*([\w$\u0080-\uffff]+)/g;

const known = new WeakMap<SourceFile, ReadonlySet<string>>();

/**
 * Names of functions and classes that are assigned to: TypeScript forbids it, JavaScript does not. A variable of the same
 * name in an inner scope is taken for one of them, which does no harm. The file is parsed only when one of them is mentioned
 * in another way than by a call or a member.
 */
export function reassignedNames(file: SourceFile): ReadonlySet<string> {
  let names = known.get(file);
  if (names === undefined) {
    names = findReassigned(file);
    known.set(file, names);
  }
  return names;
}

function findReassigned(file: SourceFile): ReadonlySet<string> {
  const declared = new Set(Array.from(file.text.matchAll(declaration), ([, name = ""]) => name));
  const mentioned = [...declared].filter((name) => isMentioned(name, file.text));
  if (mentioned.length === 0) return new Set();
  return new Set(mentioned).intersection(assignedIn(file.parse().program));
}

/** The name stands somewhere else than where it is declared, called or asked for a member. */
function isMentioned(name: string, text: string): boolean {
  const other = String.raw`(?<![\w$.\u0080-\uffff]|\b(?:function|class|new)\s{1,9}|\bfunction\s?\*\s?)${RegExp.escape(name)}(?![\w$\u0080-\uffff]|\s*[(.<]|\s*\?\.|\s+extends\b|\s*\{)`;
  return new RegExp(other).test(text);
}

/** The names that are assigned to, in whatever form. */
function assignedIn(program: Node): Set<string> {
  const names = new Set<string>();
  const nodes: Node[] = [program];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.type === "AssignmentExpression") addTargets(node.left, names);
    if (node.type === "UpdateExpression") addTargets(node.argument, names);
    if (node.type === "ForOfStatement" || node.type === "ForInStatement") addTargets(node.left, names);
    nodes.push(...childrenOf(node));
  }
  return names;
}

/** Looks through patterns, parentheses and what TypeScript allows around a target. */
function addTargets(target: Node, names: Set<string>): void {
  switch (target.type) {
    case "Identifier":
      names.add(target.name);
      break;
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSTypeAssertion":
    case "TSNonNullExpression":
      addTargets(target.expression, names);
      break;
    case "AssignmentPattern":
      addTargets(target.left, names);
      break;
    case "RestElement":
      addTargets(target.argument, names);
      break;
    case "ArrayPattern":
      for (const element of target.elements) if (element !== null) addTargets(element, names);
      break;
    case "ObjectPattern":
      for (const property of target.properties) {
        addTargets(property.type === "RestElement" ? property.argument : property.value, names);
      }
      break;
    case "VariableDeclaration":
      // A loop's own variable, unless it is one of the module's that `var` declares once more.
      if (target.kind === "var")
        for (const { id } of target.declarations) for (const name of boundNames(id)) names.add(name);
      break;
    default:
  }
}
