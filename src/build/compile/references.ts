import type { Node, Span } from "oxc-parser";
import { boundNames } from "../read/syntax/module-syntax.ts";
import { childKeys, parseJavaScript } from "../read/syntax/parser.ts";
import type { Edit } from "../text-edits.ts";

/**
 * The edits by which a printed module reads some names of its top level through other expressions, wherever no inner scope
 * declares a name of its own.
 *
 * @param names the expressions to be read instead, by name
 */
export function replaceReferences(text: string, names: ReadonlyMap<string, string>): Edit[] {
  const replacer = new Replacer(names, text.includes("var"));
  for (const statement of parseJavaScript(text).program.body) {
    if (statement.type === "ImportDeclaration") continue;
    if (mentionsAny(text.slice(statement.start, statement.end), names)) replacer.visit(statement, undefined);
  }
  return replacer.edits;
}

function mentionsAny(text: string, names: ReadonlyMap<string, string>): boolean {
  return names.keys().some((name) => text.includes(name));
}

/** The names of one scope that hide those of the top level. */
type Hidden = ReadonlySet<string>;

const none: Hidden = new Set();

class Replacer {
  readonly edits: Edit[] = [];
  readonly #names: ReadonlyMap<string, string>;
  /** Whether `var` stands anywhere. */
  readonly #mayHaveVariables: boolean;
  readonly #keys = childKeys();
  #hidden: Hidden = none;

  constructor(names: ReadonlyMap<string, string>, mayHaveVariables: boolean) {
    this.#names = names;
    this.#mayHaveVariables = mayHaveVariables;
  }

  visit(node: Node, parent: Node | undefined): void {
    switch (node.type) {
      case "Identifier":
        this.#reference(node, parent);
        return;
      case "MemberExpression":
        this.visit(node.object, node);
        if (node.computed) this.visit(node.property, node);
        return;
      case "Property":
        if (node.computed) this.visit(node.key, node);
        if (node.shorthand && node.value.type === "Identifier") this.#shorthand(node.value);
        else this.visit(node.value, node);
        return;
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        if (node.computed) this.visit(node.key, node);
        if (node.value !== null) this.visit(node.value, node);
        return;
      case "LabeledStatement":
        this.visit(node.body, node);
        return;
      case "BreakStatement":
      case "ContinueStatement":
      case "MetaProperty":
        return;
      case "ExportNamedDeclaration":
        if (node.declaration !== null) this.visit(node.declaration, node);
        return;
      case "ExportAllDeclaration":
        return;
      default:
        this.#within(this.#declaredIn(node), () => this.#children(node));
    }
  }

  #children(node: Node): void {
    for (const key of this.#keys[node.type] ?? []) {
      const child = (node as unknown as Record<string, Node | null | readonly (Node | null)[]>)[key];
      if (Array.isArray(child)) {
        for (const inner of child) if (inner !== null) this.visit(inner as Node, node);
      } else if (child !== null && child !== undefined) {
        this.visit(child as Node, node);
      }
    }
  }

  #within(declared: readonly string[], visit: () => void): void {
    const hiding = declared.filter((name) => this.#names.has(name));
    const outer = this.#hidden;
    if (hiding.length > 0) this.#hidden = outer.union(new Set(hiding));
    visit();
    this.#hidden = outer;
  }

  #reference(node: Span & { readonly name: string }, parent: Node | undefined): void {
    const text = this.#replacement(node.name);
    if (text === undefined) return;
    const isCalled =
      (parent?.type === "CallExpression" && parent.callee.start === node.start) ||
      (parent?.type === "TaggedTemplateExpression" && parent.tag.start === node.start);
    this.edits.push({ start: node.start, end: node.end, text: isCalled ? `(0,${text})` : text });
  }

  #shorthand(node: Span & { readonly name: string }): void {
    const text = this.#replacement(node.name);
    if (text !== undefined) this.edits.push({ start: node.start, end: node.end, text: `${node.name}: ${text}` });
  }

  #replacement(name: string): string | undefined {
    return this.#hidden.has(name) ? undefined : this.#names.get(name);
  }

  /** What a node declares for what stands in it. */
  #declaredIn(node: Node): string[] {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression": {
        const own = node.type === "FunctionExpression" && node.id !== null ? [node.id.name] : [];
        const params = node.params.flatMap((param) =>
          param.type === "RestElement"
            ? boundNames(param.argument)
            : param.type === "TSParameterProperty"
              ? []
              : boundNames(param),
        );
        return [...own, ...params, ...(node.body === null ? [] : this.#variablesIn(node.body))];
      }
      case "ClassExpression":
      case "ClassDeclaration":
        return node.id === null ? [] : [node.id.name];
      case "BlockStatement":
        return lexicalNames(node.body);
      case "StaticBlock":
        return [...lexicalNames(node.body), ...this.#variablesIn(node)];
      case "SwitchStatement":
        return node.cases.flatMap(({ consequent }) => lexicalNames(consequent));
      case "CatchClause":
        return node.param === null ? [] : boundNames(node.param);
      case "ForStatement":
        return node.init === null ? [] : lexicalNames([node.init]);
      case "ForInStatement":
      case "ForOfStatement":
        return lexicalNames([node.left]);
      default:
        return [];
    }
  }

  /** The names of `var`, which belong to the function around them. */
  #variablesIn(node: Node): string[] {
    if (!this.#mayHaveVariables) return [];
    if (node.type === "VariableDeclaration" && node.kind === "var") {
      return node.declarations.flatMap(({ id }) => boundNames(id));
    }
    if (/^(?:Function(?:Declaration|Expression)|ArrowFunction|Class)/.test(node.type)) return [];
    return (this.#keys[node.type] ?? []).flatMap((key) => {
      const child = (node as unknown as Record<string, Node | null | readonly (Node | null)[]>)[key];
      return [child]
        .flat()
        .flatMap((inner) => (inner === null || inner === undefined ? [] : this.#variablesIn(inner as Node)));
    });
  }
}

function lexicalNames(statements: readonly Node[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.type === "VariableDeclaration") return statement.declarations.flatMap(({ id }) => boundNames(id));
    if (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") {
      return statement.id === null ? [] : [statement.id.name];
    }
    return [];
  });
}
