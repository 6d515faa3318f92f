import type {
  BindingPattern,
  Class,
  Declaration,
  ExportDefaultDeclarationKind,
  ExportNamedDeclaration,
  Expression,
  Function as FunctionNode,
  ImportDeclaration,
  ModuleExportName,
  Program,
  Span,
} from "oxc-parser";

/** What a name at the top level of a module stands for. */
export type Declared =
  | { readonly kind: "function"; readonly node: FunctionNode }
  | { readonly kind: "class"; readonly node: Class }
  | {
      readonly kind: "variable";
      readonly node: Span;
      readonly constant: boolean;
      readonly init: Expression | undefined;
    }
  | { readonly kind: "import"; readonly node: Span; readonly from: ImportedName }
  | { readonly kind: "enum" | "namespace"; readonly node: Span };

/** A name of another module: `default`, `*` for its namespace, or one of its exports. */
export interface ImportedName {
  readonly specifier: string;
  readonly name: string;
}

/** One export of a module. Types are left out. */
export interface Exported {
  /** `default` for the default export; `*` when everything of another module is exported. */
  readonly name: string;
  readonly node: Span;
  /** What it stands for: a name of this module, a name of another one, or the expression after `export default`. */
  readonly value:
    | { readonly kind: "local"; readonly name: string }
    | { readonly kind: "imported"; readonly from: ImportedName }
    | { readonly kind: "expression"; readonly expression: Expression };
}

/** The top level of a module, without types. */
export interface ModuleSyntax {
  readonly declarations: ReadonlyMap<string, Declared>;
  readonly exports: readonly Exported[];
  /** Names of interfaces and type aliases, which do not exist at run time. */
  readonly types: ReadonlyMap<string, Span>;
}

/** Reads what a module declares, imports and exports at its top level. */
export function readModuleSyntax(program: Program): ModuleSyntax {
  const declarations = new Map<string, Declared>();
  const types = new Map<string, Span>();
  const exports: Exported[] = [];
  for (const statement of program.body) {
    switch (statement.type) {
      case "ImportDeclaration":
        declareImports(statement, declarations);
        break;
      case "ExportNamedDeclaration":
        exports.push(...namedExports(statement));
        if (statement.declaration !== null) declare(statement.declaration, declarations, types);
        break;
      case "ExportDefaultDeclaration":
        exports.push(...defaultExport(statement.declaration, declarations));
        break;
      case "ExportAllDeclaration":
        if (statement.exportKind === "type") break;
        exports.push({
          name: statement.exported === null ? "*" : nameOf(statement.exported),
          node: statement,
          value: { kind: "imported", from: { specifier: statement.source.value, name: "*" } },
        });
        break;
      default:
        if (isDeclaration(statement)) declare(statement, declarations, types);
    }
  }
  return { declarations, exports, types };
}

const declarationTypes: ReadonlySet<string> = new Set<Declaration["type"]>([
  "VariableDeclaration",
  "FunctionDeclaration",
  "ClassDeclaration",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "TSEnumDeclaration",
  "TSModuleDeclaration",
]);

function isDeclaration(node: { readonly type: string }): node is Declaration {
  return declarationTypes.has(node.type);
}

function declare(node: Declaration, declarations: Map<string, Declared>, types: Map<string, Span>): void {
  switch (node.type) {
    case "FunctionDeclaration":
      if (node.id !== null && node.declare !== true) declarations.set(node.id.name, { kind: "function", node });
      break;
    case "ClassDeclaration":
      if (node.id !== null && node.declare !== true) declarations.set(node.id.name, { kind: "class", node });
      break;
    case "VariableDeclaration":
      if (node.declare === true) break;
      for (const { id, init } of node.declarations) {
        const constant = node.kind !== "let" && node.kind !== "var";
        for (const name of boundNames(id)) {
          // What a pattern takes out of its initialiser cannot be seen.
          const known = id.type === "Identifier" ? (init ?? undefined) : undefined;
          declarations.set(name, { kind: "variable", node: id, constant, init: known });
        }
      }
      break;
    case "TSEnumDeclaration":
      if (!node.declare) declarations.set(node.id.name, { kind: "enum", node });
      break;
    case "TSModuleDeclaration":
      // A namespace that extends a function or class of the same name leaves it what it is.
      if (!node.declare && node.id.type === "Identifier" && !declarations.has(node.id.name)) {
        declarations.set(node.id.name, { kind: "namespace", node });
      }
      break;
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      types.set(node.id.name, node.id);
      break;
    default:
  }
}

function declareImports(node: ImportDeclaration, declarations: Map<string, Declared>): void {
  if (node.importKind === "type") return;
  for (const specifier of node.specifiers) {
    if (specifier.type === "ImportSpecifier" && specifier.importKind === "type") continue;
    const name =
      specifier.type === "ImportSpecifier"
        ? nameOf(specifier.imported)
        : specifier.type === "ImportDefaultSpecifier"
          ? "default"
          : "*";
    const from = { specifier: node.source.value, name };
    declarations.set(specifier.local.name, { kind: "import", node: specifier, from });
  }
}

function namedExports(node: ExportNamedDeclaration): Exported[] {
  if (node.exportKind === "type") return [];
  if (node.declaration !== null) {
    const declared = new Map<string, Declared>();
    declare(node.declaration, declared, new Map());
    return [...declared].map(([name, { node: place }]) => ({
      name,
      node: "id" in place && place.id !== null ? place.id : place,
      value: { kind: "local", name },
    }));
  }
  return node.specifiers.flatMap((specifier): Exported[] => {
    if (specifier.exportKind === "type") return [];
    const local = nameOf(specifier.local);
    const value: Exported["value"] =
      node.source === null
        ? { kind: "local", name: local }
        : { kind: "imported", from: { specifier: node.source.value, name: local } };
    return [{ name: nameOf(specifier.exported), node: specifier, value }];
  });
}

function defaultExport(node: ExportDefaultDeclarationKind, declarations: Map<string, Declared>): Exported[] {
  if (node.type === "TSInterfaceDeclaration") return [];
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (node.id === null) {
      const expression = node as Expression;
      return [{ name: "default", node, value: { kind: "expression", expression } }];
    }
    declare(node as Declaration, declarations, new Map());
    return [{ name: "default", node: node.id, value: { kind: "local", name: node.id.name } }];
  }
  if (node.type === "TSDeclareFunction") return [];
  const expression = node as Expression;
  if (expression.type === "Identifier") {
    return [{ name: "default", node, value: { kind: "local", name: expression.name } }];
  }
  return [{ name: "default", node, value: { kind: "expression", expression } }];
}

/** The names that a pattern binds. */
export function boundNames(pattern: BindingPattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return boundNames(pattern.left);
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => {
        if (element === null) return [];
        return boundNames(element.type === "RestElement" ? element.argument : element);
      });
    case "ObjectPattern":
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === "RestElement" ? property.argument : property.value),
      );
    default:
      pattern satisfies never;
      return [];
  }
}

/** A name as modules export and import it, which may be any text. */
export function nameOf(node: ModuleExportName): string {
  return node.type === "Literal" ? node.value : node.name;
}
