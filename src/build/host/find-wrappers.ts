import type { CallExpression, Node } from "oxc-parser";
import { parseModule } from "../read/syntax/parser.ts";
import { isFunction } from "./context/scopes.ts";
import { unknownOutput } from "./find-host-imports.ts";
import { LIVE_CALL } from "./host-imports.ts";

/** A host module that the bundler takes for one of CommonJS, whose wrapper asks for it. */
export interface Wrapper {
  readonly key: string;
  /** What asks for the module: in the wrapper, and in each module that imports it. */
  readonly places: readonly Place[];
  /** What is read from it. */
  readonly names: ReadonlySet<string>;
}

interface Place {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the wrappers, and where they are imported: `import_x = __toESM(require_x())`. There the bundler would make an object
 * with a getter for each name; the namespace itself is what a native import reads, at a tenth of the cost.
 *
 * To parse all of the code would take half as long as the bundling. So each of these expressions is parsed by itself.
 */
export function findWrappers(code: string): Wrapper[] {
  return Array.from(occurrences(code, LIVE_CALL), (at) => {
    const wrapper = readWrapper(code, at);
    if (wrapper === undefined) throw unknownOutput("the wrapper of a CommonJS module in a new form");
    const { name, key, call } = wrapper;
    const places = [call];
    const names = new Set<string>();
    for (const { local, place } of importsOf(code, name)) {
      places.push(place);
      if (local !== undefined) for (const member of membersRead(code, local)) names.add(member);
    }
    return { key, places, names };
  });
}

/** Reads `require_x = __commonJS((exports, module) => { module.exports = live("key"); })`, with the live call at `at`. */
function readWrapper(code: string, at: number): { name: string; key: string; call: Place } | undefined {
  let equals = code.lastIndexOf("{", at);
  do equals = code.lastIndexOf("=", equals - 1);
  while (equals > 0 && code[equals + 1] === ">");
  const start = wordStart(code, code.slice(0, equals).trimEnd().length);
  const assignment = parsePart(code, start, code.indexOf(")", code.indexOf("}", at)) + 1);
  if (assignment?.type !== "AssignmentExpression" || assignment.left.type !== "Identifier") return undefined;
  const [wrapped] = assignment.right.type === "CallExpression" ? assignment.right.arguments : [];
  if (wrapped === undefined || !isFunction(wrapped) || wrapped.body?.type !== "BlockStatement") return undefined;
  const [statement] = wrapped.body.body;
  const exported = statement?.type === "ExpressionStatement" ? statement.expression : undefined;
  const call = exported?.type === "AssignmentExpression" ? exported.right : undefined;
  const [key] = call?.type === "CallExpression" ? call.arguments : [];
  if (call === undefined || key?.type !== "Literal" || typeof key.value !== "string") return undefined;
  return { name: assignment.left.name, key: key.value, call: placeOf(call, start) };
}

/** Where `wrapper` is imported, and the variables that its namespace is assigned to. */
function* importsOf(code: string, wrapper: string): Generator<{ readonly local?: string; readonly place: Place }> {
  for (const at of occurrences(code, `(${wrapper}()`)) {
    const helper = wordStart(code, at);
    if (helper === at || code[helper - 1] === ".") continue;
    const before = code.slice(0, helper).trimEnd();
    const target = before.endsWith("=") ? before.slice(0, -1).trimEnd().length : undefined;
    const start = target === undefined ? helper : wordStart(code, target);
    const end = code.indexOf(")", at + wrapper.length + "(()".length) + 1;
    const read = parsePart(code, start, end) ?? parsePart(code, helper, end);
    if (read?.type === "CallExpression" && asksFor(read)) yield { place: placeOf(read, helper) };
    if (read?.type !== "AssignmentExpression" || read.left.type !== "Identifier" || !asksFor(read.right)) continue;
    yield { local: read.left.name, place: placeOf(read.right, start) };
  }
}

/** Whether it is `__toESM(require_x())`, with a 1 where the importing file is an ES module by its name. */
function asksFor(node: Node): node is CallExpression {
  if (node.type !== "CallExpression" || node.callee.type !== "Identifier") return false;
  const [required, mode] = node.arguments;
  return required?.type === "CallExpression" && (mode === undefined || mode.type === "Literal");
}

/** The properties that are read of a variable, as far as they are written out. */
function* membersRead(code: string, variable: string): Generator<string> {
  for (const at of occurrences(code, variable)) {
    if (wordStart(code, at + variable.length) !== at || code[at - 1] === ".") continue;
    member.lastIndex = at + variable.length;
    const [, plain, quoted] = member.exec(code) ?? [];
    if (quoted !== undefined) yield JSON.parse(quoted) as string;
    else if (plain !== undefined) yield plain;
  }
}

const member = /\??\.([\p{ID_Continue}$]+)|\[("(?:[^"\\]|\\.)*")\]/uy;

/** The expression that stands between two places, if one does. */
function parsePart(code: string, start: number, end: number): Node | undefined {
  const { program, errors } = parseModule("part.js", code.slice(start, end));
  const [statement, ...others] = program.body;
  if (errors.length > 0 || others.length > 0 || statement?.type !== "ExpressionStatement") return undefined;
  return statement.expression;
}

function placeOf(node: Node, start: number): Place {
  return { start: start + node.start, end: start + node.end };
}

/** Where the word begins that ends before `end`. */
function wordStart(code: string, end: number): number {
  let start = end;
  while (start > 0 && /[\w$]/.test(code[start - 1] ?? "")) start--;
  return start;
}

function* occurrences(code: string, text: string): Generator<number> {
  for (let at = code.indexOf(text); at !== -1; at = code.indexOf(text, at + 1)) yield at;
}
