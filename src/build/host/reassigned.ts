import type { Node } from "oxc-parser";
import { childKeys } from "../read/syntax/parser.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";

const declaration = /\b(?:function\s*\*?|class)\s*([\w$\u0080-\uffff]+)/g;

/** What looks like an assignment to a name that is not declared there. */
const assignment =
  /(?<![.\w$\u0080-\uffff]|\b(?:const|let|var|type)\s{1,9})([\w$\u0080-\uffff]+)\s*(?:(?:[-+*/%&|^?<>]{1,3})?=(?![=>])|\+\+|--)|(?:\+\+|--)([\w$\u0080-\uffff]+)/g;

const known = new WeakMap<SourceFile, ReadonlySet<string>>();

/**
 * Names of functions and classes that are assigned to: TypeScript forbids it, JavaScript does not. A variable of the same
 * name in an inner scope is taken for one of them, which does no harm. The file is parsed only when its text looks like it.
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
  if (declared.size === 0) return declared;
  const mentioned = Array.from(file.text.matchAll(assignment), ([, name, other]) => name ?? other ?? "");
  if (!mentioned.some((name) => declared.has(name))) return new Set();
  return declared.intersection(assignedIn(file.parse().program));
}

function assignedIn(program: Node): Set<string> {
  const names = new Set<string>();
  const keys = childKeys();
  const nodes: Node[] = [program];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.type === "AssignmentExpression" && node.left.type === "Identifier") names.add(node.left.name);
    if (node.type === "UpdateExpression" && node.argument.type === "Identifier") names.add(node.argument.name);
    for (const key of keys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | null | readonly (Node | null)[]>)[key];
      for (const inner of Array.isArray(child) ? child : [child])
        if (inner !== null && inner !== undefined) nodes.push(inner);
    }
  }
  return names;
}
