import type { CallExpression, Expression, ObjectExpression, ObjectProperty, Span } from "oxc-parser";
import { type HookName, hooks, isHookName } from "../../plugin/hooks.ts";
import { didYouMean } from "../../suggest.ts";
import { type Diagnostic, fileDiagnostic } from "../diagnostic.ts";
import { bare, type Evidence, evidenceOf, evidenceOfName } from "./evidence.ts";
import type { Exported } from "./syntax/module-syntax.ts";
import type { SourceFile } from "./syntax/source-file.ts";

const NOT_A_PLUGIN = "HOTSWAP_NOT_A_PLUGIN";
const INVALID_HOOK = "HOTSWAP_INVALID_HOOK";

/** How a plugin's root module must end. */
const WANTED = "write `export default definePlugin({ ... })`";

/** Hooks whose result is used at once (SPEC 2.2). */
export const synchronousHooks: ReadonlySet<HookName> = new Set(["reloadable", "export", "import"]);

/**
 * Checks a plugin's definition as far as its syntax tells, without running it (SPEC 2.3). What only run time can tell is
 * checked when the plugin is loaded.
 */
export function checkDefinition(file: SourceFile): Diagnostic[] {
  const exported = file.syntax.exports.find(({ name }) => name === "default");
  if (exported === undefined) {
    return [
      fileDiagnostic(
        file.path,
        `a plugin's root module must export its definition by default: ${WANTED}`,
        NOT_A_PLUGIN,
      ),
    ];
  }
  const found = findDefinition(file, exported);
  switch (found.kind) {
    case "definition":
      return checkCall(file, found.call);
    case "wrong":
      return [
        file.problem(`the default export is ${found.what}, not a definition: ${WANTED}`, exported.node, NOT_A_PLUGIN),
      ];
    case "unknown":
      return [];
    default:
      return found satisfies never;
  }
}

/** The module's default export is evidently a definition: it is the root module of a plugin. */
export function exportsDefinition(file: SourceFile): boolean {
  const exported = file.syntax.exports.find(({ name }) => name === "default");
  return exported !== undefined && findDefinition(file, exported).kind === "definition";
}

type Found =
  | { readonly kind: "definition"; readonly call: CallExpression }
  | { readonly kind: "wrong"; readonly what: string }
  | { readonly kind: "unknown" };

function findDefinition(file: SourceFile, { value }: Exported): Found {
  if (value.kind === "imported") return { kind: "unknown" };
  const { declarations } = file.syntax;
  let expression: Expression | undefined = value.kind === "expression" ? bare(value.expression) : undefined;
  let evidence: Evidence;
  if (value.kind === "local") {
    evidence = evidenceOfName(value.name, declarations);
    const declared = declarations.get(value.name);
    if (declared?.kind === "variable" && declared.init !== undefined) expression = bare(declared.init);
  } else {
    evidence = evidenceOf(value.expression, declarations);
  }
  if (expression?.type === "CallExpression" && isDefinePlugin(file, expression)) {
    return { kind: "definition", call: expression };
  }
  return evidence.kind === "unknown" || evidence.kind === "import"
    ? { kind: "unknown" }
    : { kind: "wrong", what: describe(evidence) };
}

/** The call is of `definePlugin` as hotswap exports it, under whatever name it was imported. */
function isDefinePlugin(file: SourceFile, { callee }: CallExpression): boolean {
  const { declarations } = file.syntax;
  if (callee.type === "Identifier") {
    const declared = declarations.get(callee.name);
    // Not imported at all is a mistake of its own; see checkCall.
    if (declared === undefined) return callee.name === "definePlugin";
    return declared.kind === "import" && declared.from.specifier === "hotswap" && declared.from.name === "definePlugin";
  }
  if (callee.type !== "MemberExpression" || callee.computed || callee.object.type !== "Identifier") return false;
  const namespace = declarations.get(callee.object.name);
  return (
    callee.property.name === "definePlugin" &&
    namespace?.kind === "import" &&
    namespace.from.specifier === "hotswap" &&
    namespace.from.name === "*"
  );
}

function checkCall(file: SourceFile, call: CallExpression): Diagnostic[] {
  const problems: Diagnostic[] = [];
  if (call.callee.type === "Identifier" && !file.syntax.declarations.has(call.callee.name)) {
    problems.push(
      file.problem(
        'definePlugin is not imported: add `import { definePlugin } from "hotswap"`',
        call.callee,
        NOT_A_PLUGIN,
      ),
    );
  }
  const [argument] = call.arguments;
  if (argument === undefined) {
    return [
      ...problems,
      file.problem("definePlugin takes an object with the plugin's hooks: definePlugin({ ... })", call, NOT_A_PLUGIN),
    ];
  }
  if (argument.type === "SpreadElement") return problems;
  const definition = bare(argument);
  if (definition.type === "ObjectExpression") return [...problems, ...checkMembers(file, definition)];
  const evidence = evidenceOf(definition, file.syntax.declarations);
  if (evidence.kind === "unknown" || evidence.kind === "import" || isObject(evidence)) return problems;
  const message = `definePlugin takes an object with the plugin's hooks, not ${describe(evidence)}`;
  return [...problems, file.problem(message, argument, NOT_A_PLUGIN)];
}

function checkMembers(file: SourceFile, definition: ObjectExpression): Diagnostic[] {
  const problems: Diagnostic[] = [];
  const given = new Map<string, Span>();
  for (const property of definition.properties) {
    const name = property.type === "Property" ? keyOf(property) : undefined;
    if (property.type !== "Property" || name === undefined) continue;
    if (!isHookName(name)) {
      problems.push(
        file.problem(`"${name}" is not a hook${didYouMean(name, Object.keys(hooks))}`, property.key, INVALID_HOOK),
      );
      continue;
    }
    given.set(name, property.key);
    // What a getter returns is not known before it is called.
    if (property.kind === "init") problems.push(...checkHook(file, name, property.value));
  }
  const invokeFunc = given.get("invokeFunc");
  if (given.has("functions") && invokeFunc !== undefined) {
    problems.push(file.problem('"functions" and "invokeFunc" are both given: keep one', invokeFunc, INVALID_HOOK));
  }
  return problems;
}

function checkHook(file: SourceFile, name: HookName, value: Expression): Diagnostic[] {
  if (hooks[name] === "table") return checkTable(file, name, value);
  const evidence = evidenceOf(value, file.syntax.declarations);
  switch (evidence.kind) {
    case "function":
      if (evidence.generator && name !== "invokeFunc") {
        return [file.problem(`"${name}" must not be a generator: nothing would run it`, value, INVALID_HOOK)];
      }
      if (evidence.async && synchronousHooks.has(name)) {
        return [file.problem(`"${name}" must not be async: its answer is used at once`, value, INVALID_HOOK)];
      }
      return [];
    case "class":
    case "value":
      return [file.problem(`"${name}" must be a function, not ${describe(evidence)}`, value, INVALID_HOOK)];
    default:
      return [];
  }
}

function checkTable(file: SourceFile, name: HookName, value: Expression): Diagnostic[] {
  const table = bare(value);
  const { declarations } = file.syntax;
  if (table.type !== "ObjectExpression") {
    const evidence = evidenceOf(table, declarations);
    if (["unknown", "import", "undefined"].includes(evidence.kind) || isObject(evidence)) return [];
    return [file.problem(`"${name}" must be an object of functions, not ${describe(evidence)}`, value, INVALID_HOOK)];
  }
  return table.properties.flatMap((property) => {
    if (property.type !== "Property" || property.kind !== "init") return [];
    const evidence = evidenceOf(property.value, declarations);
    if (evidence.kind !== "value" && evidence.kind !== "class" && evidence.kind !== "undefined") return [];
    const key = keyOf(property) ?? "[...]";
    return [
      file.problem(`"${name}.${key}" must be a function, not ${describe(evidence)}`, property.value, INVALID_HOOK),
    ];
  });
}

/** The name of a member, unless it is computed. */
function keyOf({ key, computed }: ObjectProperty): string | undefined {
  if (key.type === "Literal") return String(key.value);
  return !computed && key.type === "Identifier" ? key.name : undefined;
}

function isObject(evidence: Evidence): boolean {
  return evidence.kind === "value" && evidence.what === "an object";
}

function describe(evidence: Evidence): string {
  switch (evidence.kind) {
    case "value":
      return evidence.what;
    case "function":
    case "class":
      return `a ${evidence.kind}`;
    default:
      return evidence.kind;
  }
}
