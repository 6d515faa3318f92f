import type { Declaration, Program, Span, Statement } from "oxc-parser";
import { boundNames, nameOf } from "../read/syntax/module-syntax.ts";
import { parseCommonJs, parseJavaScript } from "../read/syntax/parser.ts";
import { NeedsBundler } from "../needs-bundler.ts";
import type { Edit } from "../text-edits.ts";
import { type Contents, walkModule } from "./walk.ts";

/** Stands for the namespace of a module, in the place of one of its names. */
export const WHOLE = "* as";

/** What a module takes from another one, in one statement. */
export interface ModuleImport {
  readonly specifier: string;
  /** Of an import attribute: what the file is taken for. */
  readonly type: string | undefined;
  /** The other's name for it ({@link WHOLE} for the namespace), and the module's own. */
  readonly bindings: readonly (readonly [name: string, local: string])[];
}

/** What an exported name stands for. */
export type ModuleExport =
  /**
   * A name of the module itself. A function is there before anything is evaluated; what changes may be assigned to after
   * the module was evaluated.
   */
  | { readonly kind: "local"; readonly local: string; readonly is: "function" | "value" | "changing" }
  /** The name that an import has for it, or {@link WHOLE}. */
  | { readonly kind: "import"; readonly index: number; readonly name: string };

/** A module's code, and what it takes and gives. It is about the module alone. */
export interface ModuleCode {
  readonly kind: "module" | "commonjs";
  /** How the text refers to what it is linked with: {@link SectionImports}. */
  readonly plugin: string;
  /** As `bun run` prints it, with its imports and exports. */
  readonly text: string;
  /** The edits of the text that do not depend on what the module imports. */
  readonly edits: readonly Edit[];
  /** In the order in which they are evaluated. */
  readonly imports: readonly ModuleImport[];
  /** By their indices, the imports of which everything is exported. */
  readonly stars: readonly number[];
  readonly exports: ReadonlyMap<string, ModuleExport>;
  /** What `import()` and `require()` name, as far as it is written out. */
  readonly dynamic: readonly string[];
  readonly requires: readonly string[];
  /** Whether it imports or requires something whose name is known only at run time. */
  readonly computed: boolean;
  /** Something is awaited while the module is evaluated. */
  readonly async: boolean;
}

/** A name that occurs nowhere in the text. */
export function unusedName(name: string, text: string): string {
  for (let unused = name; ; unused += "_") if (!text.includes(unused)) return unused;
}

/** What may make a module without imports and exports one of CommonJS. */
const commonJs = /\b(?:module|exports|require|__filename|__dirname)\b/;

/** Reads a printed module. Throws {@link NeedsBundler} for what is not written as a module may be. */
export function readModuleCode(text: string, path: string): ModuleCode {
  const { errors, program } = parseJavaScript(text);
  if (errors.length > 0) return readCommonJs(text, path);
  const isModule = program.body.some((statement) => isModuleSyntax(statement));
  if (!isModule && !/\.m[jt]s$/.test(path) && (/\.c[jt]s$/.test(path) || commonJs.test(text))) {
    return readCommonJs(text, path);
  }
  return new ModuleReader(text, path, program).read();
}

function isModuleSyntax({ type }: Statement): boolean {
  return type.startsWith("Export") || type === "ImportDeclaration";
}

/** Names that the transpiler gives to an ES module; CommonJS has them as parameters. */
const GIVEN =
  /^var (?:\{require\}=import\.meta|__dirname = import\.meta\.dir(?:, __filename = import\.meta\.path)?|__filename = import\.meta\.path);/gm;

function readCommonJs(printed: string, path: string): ModuleCode {
  const text = printed.replace(GIVEN, "");
  const { errors, program } = parseCommonJs(text);
  if (errors.length > 0) throw new NeedsBundler(`the code of ${path} does not parse: ${errors[0]?.message}`);
  const contents = walkModule(program);
  const plugin = unusedName("__plugin__", text);
  return {
    kind: "commonjs",
    plugin,
    text,
    edits: dynamicEdits(contents, plugin),
    imports: [],
    stars: [],
    exports: new Map(),
    ...laterImports(contents),
    async: false,
  };
}

function laterImports(contents: Contents): Pick<ModuleCode, "dynamic" | "requires" | "computed"> {
  const dynamic: string[] = [];
  let computed = contents.requiresComputed;
  for (const { source, options } of contents.imports) {
    if (source.type === "Literal" && typeof source.value === "string" && options === null) dynamic.push(source.value);
    else computed = true;
  }
  return { dynamic, requires: contents.requires, computed };
}

/** What stands for `import()` and `import.meta`. */
function dynamicEdits({ imports, metas }: Contents, plugin: string): Edit[] {
  return [
    ...imports.map(({ start }): Edit => ({ start, end: start + "import".length, text: `${plugin}.import` })),
    ...metas.map(({ start, end }): Edit => ({ start, end, text: `${plugin}.meta` })),
  ];
}

class ModuleReader {
  readonly #text: string;
  readonly #path: string;
  readonly #program: Program;
  readonly #contents: Contents;
  readonly #plugin: string;
  readonly #edits: Edit[] = [];
  readonly #imports: ModuleImport[] = [];
  readonly #stars: number[] = [];
  readonly #exports = new Map<string, ModuleExport>();
  /** What local names are exported as; resolved when all imports are known. */
  readonly #locals: (readonly [exported: string, local: string])[] = [];
  readonly #functions = new Set<string>();

  constructor(text: string, path: string, program: Program) {
    this.#text = text;
    this.#path = path;
    this.#program = program;
    this.#contents = walkModule(program);
    this.#plugin = unusedName("__plugin__", text);
  }

  read(): ModuleCode {
    for (const statement of this.#program.body) this.#statement(statement);
    this.#resolveLocals();
    this.#requireConstantImports();
    return {
      kind: "module",
      plugin: this.#plugin,
      text: this.#text,
      edits: [...this.#edits, ...dynamicEdits(this.#contents, this.#plugin)].toSorted((a, b) => a.start - b.start),
      imports: this.#imports,
      stars: this.#stars,
      exports: this.#exports,
      ...laterImports(this.#contents),
      async: this.#contents.awaits,
    };
  }

  #statement(statement: Statement): void {
    switch (statement.type) {
      case "FunctionDeclaration":
        if (statement.id !== null) this.#functions.add(statement.id.name);
        break;
      case "ImportDeclaration": {
        const bindings = statement.specifiers.map((specifier): readonly [string, string] => {
          const { local } = specifier;
          if (specifier.type === "ImportDefaultSpecifier") return ["default", local.name];
          if (specifier.type === "ImportNamespaceSpecifier") return [WHOLE, local.name];
          return [nameOf(specifier.imported), local.name];
        });
        this.#import(statement.source.value, typeOf(statement.attributes), bindings);
        this.#leaveOut(statement);
        break;
      }
      case "ExportAllDeclaration": {
        // Bun heeds attributes in imports, and not here.
        const index = this.#import(statement.source.value, undefined, []);
        if (statement.exported === null) this.#stars.push(index);
        else this.#exports.set(nameOf(statement.exported), { kind: "import", index, name: WHOLE });
        this.#leaveOut(statement);
        break;
      }
      case "ExportNamedDeclaration":
        this.#exportNamed(statement);
        break;
      case "ExportDefaultDeclaration":
        this.#exportDefault(statement);
        break;
      default:
    }
  }

  #exportNamed(statement: Extract<Statement, { type: "ExportNamedDeclaration" }>): void {
    const { declaration, source, specifiers } = statement;
    if (declaration !== null) {
      this.#edits.push({ start: statement.start, end: declaration.start, text: "" });
      for (const name of this.#declared(declaration)) this.#locals.push([name, name]);
      return;
    }
    if (source === null) {
      for (const { local, exported } of specifiers) this.#locals.push([nameOf(exported), nameOf(local)]);
    } else {
      const index = this.#import(source.value, undefined, []);
      for (const { local, exported } of specifiers) {
        this.#exports.set(nameOf(exported), { kind: "import", index, name: nameOf(local) });
      }
    }
    this.#leaveOut(statement);
  }

  #declared(declaration: Declaration): string[] {
    switch (declaration.type) {
      case "VariableDeclaration":
        return declaration.declarations.flatMap(({ id }) => boundNames(id));
      case "FunctionDeclaration":
        if (declaration.id !== null) this.#functions.add(declaration.id.name);
        return declaration.id === null ? [] : [declaration.id.name];
      case "ClassDeclaration":
        return declaration.id === null ? [] : [declaration.id.name];
      default:
        throw new NeedsBundler(`an export of ${this.#path} is written in an unknown form`);
    }
  }

  #exportDefault(statement: Extract<Statement, { type: "ExportDefaultDeclaration" }>): void {
    const { declaration, start, end } = statement;
    const isDeclaration = declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration";
    if (isDeclaration && declaration.id !== null) {
      this.#edits.push({ start, end: declaration.start, text: "" });
      if (declaration.type === "FunctionDeclaration") this.#functions.add(declaration.id.name);
      this.#locals.push(["default", declaration.id.name]);
      return;
    }
    // The engine calls a function without a name "default" when it is the value of a property of that name.
    const semicolon = this.#text[end - 1] === ";" ? end - 1 : end;
    const opened = isDeclaration ? "{default:" : "{default:(";
    const local = unusedName("__default__", this.#text);
    this.#edits.push({ start, end: declaration.start, text: `const ${local}=(${opened}` });
    this.#edits.push({ start: semicolon, end, text: `${isDeclaration ? "" : ")"}}).default;` });
    this.#exports.set("default", { kind: "local", local, is: "value" });
  }

  #import(specifier: string, type: string | undefined, bindings: ModuleImport["bindings"]): number {
    return this.#imports.push({ specifier, type, bindings }) - 1;
  }

  #leaveOut({ start, end }: Span): void {
    this.#edits.push({ start, end, text: "" });
  }

  #resolveLocals(): void {
    const imported = new Map<string, ModuleExport>();
    for (const [index, { bindings }] of this.#imports.entries()) {
      for (const [name, local] of bindings) imported.set(local, { kind: "import", index, name });
    }
    const { assigned, assignedLater } = this.#contents;
    for (const [exported, local] of this.#locals) {
      const is = assignedLater.has(local)
        ? "changing"
        : this.#functions.has(local) && !assigned.has(local)
          ? "function"
          : "value";
      this.#exports.set(exported, imported.get(local) ?? { kind: "local", local, is });
    }
  }

  /** The bundler refuses it, and says so best. */
  #requireConstantImports(): void {
    const { assigned, assignedMembers } = this.#contents;
    for (const { bindings } of this.#imports) {
      for (const [name, local] of bindings) {
        if (assigned.has(local) || (name === WHOLE && assignedMembers.has(local))) {
          throw new NeedsBundler(`${this.#path} assigns to what it imports as ${local}`);
        }
      }
    }
  }
}

function typeOf(
  attributes: readonly { readonly key: unknown; readonly value: { readonly value: string } }[],
): string | undefined {
  return attributes[0]?.value.value;
}
