import type { MemberExpression, Node, Program } from "oxc-parser";
import { childKeys } from "../../read/syntax/parser.ts";
import { visitClass, visitMember } from "./classes.ts";
import { blank, type Erasure, NotErasable } from "./erasure.ts";
import { visitArrow, visitFunction } from "./functions.ts";
import { visitList } from "./lists.ts";

/**
 * Finds what stands for types in a module, which need not be TypeScript. Throws {@link NotErasable} for what only the
 * bundler can compile, and for what cannot be within a function: a section of an artifact is one.
 */
export function findTypes(program: Program, text: string): Erasure {
  const keys = childKeys();
  const erasure: Erasure = {
    text,
    edits: [],
    names: new Set(),
    assigned: new Set(),
    assignedMembers: new Set(),
    dynamicImports: [],
    metas: [],
    mains: [],
    functions: 0,
    owners: 0,
    fields: false,
    visit: (node) => visit(erasure, keys, node),
  };
  try {
    visitList(erasure, program.body, "statements");
  } catch (error) {
    // The walk goes as deep as the code does.
    if (error instanceof RangeError) throw new NotErasable("code that is nested too deep");
    throw error;
  }
  return erasure;
}

type Keys = ReturnType<typeof childKeys>;

function visit(erasure: Erasure, keys: Keys, node: Node): void {
  switch (node.type) {
    case "Identifier":
      visitName(erasure, node);
      break;
    case "MemberExpression":
      if (isMain(node)) {
        erasure.mains.push(node);
        break;
      }
      visit(erasure, keys, node.object);
      if (node.computed) visit(erasure, keys, node.property);
      break;
    case "Property":
      if (node.computed) visit(erasure, keys, node.key);
      visit(erasure, keys, node.value);
      break;
    case "BlockStatement":
    case "StaticBlock":
      visitList(erasure, node.body, "statements");
      break;
    case "SwitchCase":
      if (node.test !== null) visit(erasure, keys, node.test);
      visitList(erasure, node.consequent, "statements");
      break;
    case "FunctionDeclaration":
    case "FunctionExpression":
      visitFunction(erasure, node);
      break;
    case "ArrowFunctionExpression":
      visitArrow(erasure, node);
      break;
    case "ClassDeclaration":
    case "ClassExpression":
      visitClass(erasure, node);
      break;
    case "MethodDefinition":
    case "PropertyDefinition":
      visitMember(erasure, node);
      break;
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
      visit(erasure, keys, node.expression);
      blank(erasure, node.expression.end, node.end);
      break;
    case "TSTypeAssertion":
      blank(erasure, node.start, node.expression.start);
      visit(erasure, keys, node.expression);
      break;
    case "TSInstantiationExpression":
      visit(erasure, keys, node.expression);
      visit(erasure, keys, node.typeArguments);
      break;
    case "TSTypeAnnotation":
    case "TSTypeParameterDeclaration":
    case "TSTypeParameterInstantiation":
      blank(erasure, node.start, node.end);
      break;
    case "AssignmentExpression":
      noteTarget(erasure, node.left);
      visitChildren(erasure, keys, node);
      break;
    case "UpdateExpression":
      noteTarget(erasure, node.argument);
      visitChildren(erasure, keys, node);
      break;
    case "UnaryExpression":
      if (node.operator === "delete") noteTarget(erasure, node.argument);
      visitChildren(erasure, keys, node);
      break;
    case "ForInStatement":
    case "ForOfStatement":
      if (node.left.type !== "VariableDeclaration") noteTarget(erasure, node.left);
      if (node.type === "ForOfStatement" && node.await) requireFunction(erasure);
      visitChildren(erasure, keys, node);
      break;
    case "VariableDeclaration":
      if (node.kind === "await using") requireFunction(erasure);
      visitChildren(erasure, keys, node);
      break;
    case "AwaitExpression":
      requireFunction(erasure);
      visitChildren(erasure, keys, node);
      break;
    case "ThisExpression":
      // In a module that the bundler takes for CommonJS it is something else.
      if (erasure.owners === 0) throw new NotErasable("this outside of functions");
      break;
    case "LabeledStatement":
      visit(erasure, keys, node.body);
      break;
    case "BreakStatement":
    case "ContinueStatement":
      break;
    case "MetaProperty":
      if (node.meta.name === "import") erasure.metas.push(node);
      break;
    case "ImportExpression":
      erasure.dynamicImports.push(node);
      visitChildren(erasure, keys, node);
      break;
    case "ImportDeclaration":
    case "ExportAllDeclaration":
      break;
    case "ExportNamedDeclaration":
      if (node.declaration !== null) visit(erasure, keys, node.declaration);
      else if (node.source === null) for (const { local } of node.specifiers) visit(erasure, keys, local);
      break;
    default:
      if (unknown.test(node.type)) throw new NotErasable(node.type);
      visitChildren(erasure, keys, node);
  }
}

/** Syntax that is not JavaScript, or not yet. */
const unknown = /^TS|^JSX|^Decorator$|^AccessorProperty$|^V8/;

function visitChildren(erasure: Erasure, keys: Keys, node: Node): void {
  const record = node as unknown as Readonly<Record<string, Node | readonly (Node | null)[] | null | undefined>>;
  for (const key of keys[node.type] ?? []) {
    const child = record[key];
    if (child === null || child === undefined) continue;
    if (!isList(child)) visit(erasure, keys, child);
    else for (const entry of child) if (entry !== null) visit(erasure, keys, entry);
  }
}

function isList(child: Node | readonly (Node | null)[]): child is readonly (Node | null)[] {
  return Array.isArray(child);
}

function isMain({ object, property, computed }: MemberExpression): boolean {
  return object.type === "MetaProperty" && !computed && property.name === "main";
}

/** With its type, a name reaches to the end of that. */
function visitName(erasure: Erasure, node: Extract<Node, { type: "Identifier" }>): void {
  const { name, start, end } = node;
  erasure.names.add(name);
  if (node.decorators !== undefined && node.decorators.length > 0) throw new NotErasable("decorators");
  if (end === start + name.length) return;
  if (!erasure.text.startsWith(name, start)) throw new NotErasable("a name with escapes");
  blank(erasure, start + name.length, end);
}

/** A section binds imports once; the bundler says what is wrong when one is assigned to. */
function noteTarget(erasure: Erasure, target: Node): void {
  switch (target.type) {
    case "Identifier":
      erasure.assigned.add(target.name);
      break;
    case "MemberExpression":
      if (target.object.type === "Identifier") erasure.assignedMembers.add(target.object.name);
      break;
    case "ParenthesizedExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
    case "TSNonNullExpression":
    case "TSTypeAssertion":
      noteTarget(erasure, target.expression);
      break;
    case "AssignmentPattern":
      noteTarget(erasure, target.left);
      break;
    case "RestElement":
      noteTarget(erasure, target.argument);
      break;
    case "ArrayPattern":
      for (const element of target.elements) if (element !== null) noteTarget(erasure, element);
      break;
    case "ObjectPattern":
      for (const property of target.properties) {
        noteTarget(erasure, property.type === "Property" ? property.value : property);
      }
      break;
    default:
  }
}

/** A section cannot wait. */
function requireFunction({ functions }: Erasure): void {
  if (functions === 0) throw new NotErasable("await outside of functions");
}
