import type {
  CallExpression,
  Expression,
  ImportDeclaration,
  ImportExpression,
  NewExpression,
  Node,
  Span,
} from "oxc-parser";
import { isModuleModule } from "../../../load/resolve.ts";
import type { Diagnostic } from "../../diagnostic.ts";
import type { SourceFile } from "../../read/syntax/source-file.ts";
import type { Edit } from "../../text-edits.ts";
import { HOST_PREFIX, keyOf } from "../host-imports.ts";
import { knownText, textPattern } from "./computed.ts";
import { type ContextSurroundings, type EditedModule, untouched } from "./edited-module.ts";
import { choiceName, contextName, type ContextPart } from "./context-names.ts";
import { attributeType, isType, spanOf } from "./nodes.ts";
import { childrenOf, declaredNames, isFunction } from "./scopes.ts";

/** Only what matches can need its context, or has attributes. */
const mayNeed =
  /\bimport\s*\.\s*meta\b|\brequire\b|\b__(?:dir|file)name\b|\bimport\s*\(|\bwith\s*\{|\bassert\s*\{|\bcreateRequire\b/;

/** Whether the module must be parsed to know; asked for each module of each build. */
export function mayNeedContext(text: string): boolean {
  return mayNeed.test(text);
}

/** Names that mean something in every module unless it declares them itself. */
const watched = new Set(["require", "__dirname", "__filename", "Worker", "URL"]);

/** Finds what in a module must mean its source file. A file with syntax errors is left alone: the compiler reports them. */
export function editContext(file: SourceFile, surroundings: ContextSurroundings): EditedModule {
  if (!mayNeedContext(file.text)) return untouched;
  const { program, errors } = file.parse();
  return errors.length > 0 ? untouched : new ContextEditor(file, surroundings).edit(program);
}

/** What is known where a node stands. */
interface Place {
  /** Names that mean something else there. */
  readonly shadowed: ReadonlySet<string>;
  /** Whoever wrote it counts on it failing. */
  readonly guarded: boolean;
}

class ContextEditor {
  readonly #file: SourceFile;
  readonly #surroundings: ContextSurroundings;
  readonly #edits: Edit[] = [];
  readonly #warnings: Diagnostic[] = [];
  readonly #workers = new Set<string>();
  readonly #renames: Edit[] = [];
  readonly #chosen: (readonly [path: string, type: string | undefined])[] = [];
  /** Constants that are `createRequire(import.meta.url)`. */
  #requires: ReadonlySet<string> = new Set(["require"]);
  #added = "";
  #choices = 0;

  constructor(file: SourceFile, surroundings: ContextSurroundings) {
    this.#file = file;
    this.#surroundings = surroundings;
  }

  edit(program: ReturnType<SourceFile["parse"]>["program"]): EditedModule {
    const shadowed = declaredNames(program, watched);
    this.#requires = new Set(["require", ...this.#ownRequires(program.body, shadowed)]);
    for (const statement of program.body) this.#visit(statement, { shadowed, guarded: false });
    return {
      edits: this.#edits,
      added: this.#added,
      warnings: this.#warnings,
      workers: [...this.#workers],
      renames: this.#renames,
      choices: this.#chosen,
    };
  }

  /** `const require = createRequire(import.meta.url)`: what every module has anyway, under whatever name. */
  *#ownRequires(body: readonly Node[], shadowed: Set<string>): Generator<string, void> {
    for (const statement of body) {
      if (statement.type !== "VariableDeclaration" || statement.kind !== "const") continue;
      for (const { id, init } of statement.declarations) {
        if (id.type !== "Identifier" || init === null || !this.#isOwnRequire(init)) continue;
        yield id.name;
        if (id.name !== "require") continue;
        // The name is free again, and means what it means everywhere.
        this.#replace(id, `_$q${this.#surroundings.id}`);
        this.#renames.push({ ...spanOf(id), text: `_$q${this.#surroundings.id}` });
        shadowed.delete("require");
      }
    }
  }

  #isOwnRequire(init: Expression): boolean {
    if (init.type !== "CallExpression" || init.arguments.length !== 1) return false;
    const { start, end } = init.callee;
    const [argument] = init.arguments;
    if (argument === undefined || !/^(?:[\w$]+\.)?createRequire$/.test(this.#text({ start, end }))) return false;
    return /^(?:import\.meta\.(?:url|path|filename)|__filename)$/.test(this.#text(argument));
  }

  #visit(node: Node, place: Place): void {
    switch (node.type) {
      case "ImportDeclaration":
        this.#statement(node);
        return;
      case "ExportAllDeclaration":
        return;
      case "ExportNamedDeclaration":
        if (node.declaration !== null) this.#visit(node.declaration, place);
        else if (node.source === null) for (const { local } of node.specifiers) this.#visit(local, place);
        return;
      case "MetaProperty":
        if (node.meta.name === "import") this.#part(node, "m");
        return;
      case "MemberExpression":
        this.#member(node, place);
        return;
      case "Identifier":
        this.#name(node, place);
        return;
      case "Property":
        if (node.computed) this.#visit(node.key, place);
        if (!node.shorthand) this.#visit(node.value, place);
        else if (this.#partOf(node.key, place) !== undefined) {
          this.#insert(node.key, `${this.#text(node.key)}: `);
          this.#visit(node.value, place);
        } else if (node.value.type === "AssignmentPattern") this.#visit(node.value.right, place);
        return;
      case "MethodDefinition":
      case "PropertyDefinition":
      case "AccessorProperty":
        for (const decorator of node.decorators) this.#visit(decorator, place);
        if (node.computed) this.#visit(node.key, place);
        if (node.value !== null) this.#visit(node.value, place);
        return;
      case "VariableDeclarator":
        if (node.id.type !== "Identifier") this.#visit(node.id, place);
        if (node.init !== null) this.#visit(node.init, place);
        return;
      case "LabeledStatement":
        this.#visit(node.body, place);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "TSImportEqualsDeclaration":
        this.#importEquals(node);
        return;
      case "ImportExpression":
        this.#import(node, place);
        return;
      case "CallExpression":
        this.#call(node, place);
        return;
      case "NewExpression":
        if (this.#worker(node, place)) return;
        break;
      case "TryStatement":
        this.#visit(node.block, { ...place, guarded: place.guarded || node.handler !== null });
        for (const part of [node.handler, node.finalizer]) if (part !== null) this.#visit(part, place);
        return;
      default:
        if (isType(node.type)) return;
    }
    this.#visitChildren(node, isFunction(node) ? inside(node, place) : place);
  }

  #visitChildren(node: Node, place: Place): void {
    for (const child of childrenOf(node)) this.#visit(child, place);
  }

  /**
   * Attributes say how the file is read: only together with them does the specifier name a module of the host. Bun heeds them
   * in imports, and not in `export ... from`.
   */
  #statement(node: ImportDeclaration): void {
    const { source } = node;
    if (isModuleModule(source.value) && node.importKind !== "type") {
      // The bundler does not ask plugins about modules of Bun, and `createRequire` depends on its caller.
      this.#replace(source, JSON.stringify(HOST_PREFIX + keyOf({ specifier: source.value })));
      return;
    }
    if (node.attributes.length === 0) return;
    const type = node.attributes.find(({ key }) => ("name" in key ? key.name : key.value) === "type");
    if (type === undefined) return;
    const { value } = type.value;
    // Whatever it means, it means it when it is compiled.
    if (value === "macro") return;
    const name = this.#surroundings.attributed(node.source.value, value);
    if (name === undefined) return;
    this.#replace(node.source, JSON.stringify(name));
    const clause = { start: node.source.end, end: node.end };
    this.#replace(clause, ";");
  }

  #member(node: Node & { type: "MemberExpression" }, place: Place): void {
    const { object, property, computed } = node;
    if (object.type === "MetaProperty" && !computed && property.type === "Identifier") {
      // Bun decides these when it compiles.
      if (property.name === "hot" || this.#surroundings.isDefined(property.name)) return;
      if (property.name === "require") {
        this.#part(node, "r");
        return;
      }
    }
    this.#visit(object, place);
    if (computed) this.#visit(property, place);
  }

  #name(node: Node & { type: "Identifier" }, place: Place): void {
    const part = this.#partOf(node, place);
    if (part !== undefined) this.#part(node, part);
  }

  #partOf(node: Node, { shadowed }: Place): ContextPart | undefined {
    if (node.type !== "Identifier" || shadowed.has(node.name)) return undefined;
    if (node.name === "__dirname") return "d";
    if (node.name === "__filename") return "f";
    return this.#requires.has(node.name) ? "r" : undefined;
  }

  #call(node: CallExpression, place: Place): void {
    const { callee } = node;
    if (
      callee.type === "MemberExpression" &&
      callee.object.type === "ImportExpression" &&
      callee.property.type === "Identifier" &&
      callee.property.name === "catch"
    ) {
      this.#import(callee.object as ImportExpression, { ...place, guarded: true });
    } else if (this.#isRequire(callee, place)) {
      this.#require(node, place);
    } else {
      this.#visit(callee, place);
    }
    for (const argument of node.arguments) this.#visit(argument, place);
  }

  #isRequire(callee: Expression, place: Place): boolean {
    if (callee.type === "MemberExpression") return /^import\.meta\.require$/.test(this.#text(callee));
    return callee.type === "Identifier" && this.#partOf(callee, place) === "r";
  }

  #require({ callee, arguments: given }: CallExpression, place: Place): void {
    if (callee.type === "Identifier" && callee.name !== "require") {
      this.#renames.push({ ...spanOf(callee), text: "require" });
    }
    const [argument] = given;
    if (argument === undefined || argument.type === "SpreadElement" || given.length !== 1) {
      this.#part(callee, "r");
      return;
    }
    const specifier = knownText(argument);
    if (specifier !== undefined) {
      // A module of the plugin is left to the compiler, under the name that the compiler knows.
      if (this.#leavesToCompiler(specifier, place)) {
        if (this.#text(callee) !== "require") this.#replace(callee, "require");
      } else this.#part(callee, "r");
      return;
    }
    this.#choose(callee, argument, "require", undefined);
  }

  /** `import x = require("y")`. */
  #importEquals({ start, importKind, moduleReference }: Node & { type: "TSImportEqualsDeclaration" }): void {
    if (importKind === "type" || moduleReference.type !== "TSExternalModuleReference") return;
    if (this.#surroundings.ownerOf(moduleReference.expression.value) !== "host") return;
    this.#replace({ start, end: start + "import".length }, "const");
    const at = moduleReference.start;
    this.#part({ start: at, end: at + "require".length }, "r");
  }

  #import({ start, source, options, phase }: ImportExpression, place: Place): void {
    if (phase !== null) return;
    const keyword = { start, end: start + "import".length };
    const type = options === null ? undefined : attributeType(options);
    const specifier = knownText(source);
    if (specifier !== undefined && (options === null || type !== undefined)) {
      if (!this.#leavesToCompiler(specifier, place)) {
        this.#part(keyword, "i");
        return;
      }
      if (type !== undefined && this.#surroundings.attributed(specifier, type) === undefined) {
        const found = this.#surroundings.choices([specifier], type) ?? [];
        this.#chosen.push(...found.map((path) => [path, type] as const));
      }
      return;
    }
    if (options !== null && type === undefined) {
      this.#part(keyword, "i");
      if (textPattern(source)[0]?.startsWith(".") !== false) this.#warn(source, "import");
    } else this.#choose(keyword, source, "import", options === null ? undefined : { type, text: this.#text(options) });
    this.#visit(source, place);
    if (options !== null) this.#visit(options, place);
  }

  /**
   * A module of the host is found from the source file at run time, which is also when a missing optional module is
   * noticed. (The bundler would give one result for a specifier, whatever asks for it.)
   */
  #leavesToCompiler(specifier: string, { guarded }: Place): boolean {
    const owner = this.#surroundings.ownerOf(specifier);
    return owner === "plugin" || (owner === undefined && !guarded);
  }

  /** A path that is put together at run time may mean any of those files that fit. */
  #choose(
    keyword: Span,
    argument: Expression | Node,
    does: "import" | "require",
    options: { readonly type: string | undefined; readonly text: string } | undefined,
  ): void {
    const pattern = textPattern(argument as Expression);
    const { choices } = this.#surroundings;
    const isOwn = pattern[0]?.startsWith(".") === true;
    const found = isOwn ? choices.call(this.#surroundings, pattern, options?.type) : undefined;
    const part: ContextPart = does === "import" ? "i" : "r";
    if (found === undefined || found.length === 0) {
      this.#part(keyword, part);
      // A package or a file of the host is found at run time; of the plugin's own files, nothing comes along.
      if (pattern[0] === undefined || found !== undefined) this.#warn(argument, does);
      return;
    }
    const { id } = this.#surroundings;
    const name = choiceName(id, this.#choices++);
    this.#chosen.push(...found.map((path) => [path, options?.type] as const));
    const after = options === undefined ? "" : `, ${options.text}`;
    const table = found.map((path) => {
      const specifier = JSON.stringify(path);
      return `${specifier}: () => ${does}(${specifier}${does === "import" ? after : ""})`;
    });
    this.#replace(keyword, name);
    const call = does === "import" ? "s, o, " : "s, ";
    this.#added += `\nfunction ${name}(s, o) { return ${contextName(does === "import" ? "i" : "r", id)}(${call}{ ${table.join(", ")} }); }`;
  }

  #warn(place: Span, does: string): void {
    this.#warnings.push(
      this.#file.problem(
        `what this ${does}s is only known at run time: packages and files of the host are found then, but no file of the plugin, since none of them comes along; name the folder and the ending, as in ${does}(\`./commands/\${name}.ts\`), and all that fit do`,
        place,
      ),
    );
  }

  /** `new Worker(new URL("./worker.ts", import.meta.url))`. */
  #worker(node: NewExpression, place: Place): boolean {
    const { callee, arguments: given } = node;
    const [address, ...others] = given;
    if (callee.type !== "Identifier" || callee.name !== "Worker" || place.shadowed.has("Worker")) return false;
    const specifier = address === undefined ? undefined : this.#ownUrl(address, place);
    const path = specifier === undefined ? undefined : this.#surroundings.worker(specifier);
    if (address === undefined || path === undefined) return false;
    this.#workers.add(path);
    this.#replace(address, `${contextName("w", this.#surroundings.id)}(${JSON.stringify(path)})`);
    for (const argument of others) this.#visit(argument, place);
    return true;
  }

  /** The path in `new URL("./worker.ts", import.meta.url)`, also with `.href`. */
  #ownUrl(node: Node, place: Place): string | undefined {
    if (node.type === "MemberExpression" && !node.computed) {
      const isHref = node.property.type === "Identifier" && node.property.name === "href";
      return isHref ? this.#ownUrl(node.object, place) : undefined;
    }
    if (node.type !== "NewExpression" || node.callee.type !== "Identifier" || node.callee.name !== "URL")
      return undefined;
    const [path, base, ...more] = node.arguments;
    if (place.shadowed.has("URL") || path === undefined || base === undefined || more.length > 0) return undefined;
    if (this.#text(base) !== "import.meta.url") return undefined;
    const specifier = knownText(path);
    return specifier === undefined || /^[a-z]+:/.test(specifier) ? undefined : specifier;
  }

  #part(span: Span, part: ContextPart): void {
    this.#replace(span, contextName(part, this.#surroundings.id));
  }

  #replace({ start, end }: Span, text: string): void {
    this.#edits.push({ start, end, text });
  }

  #insert({ start }: Span, text: string): void {
    this.#edits.push({ start, end: start, text });
  }

  #text({ start, end }: Span): string {
    return this.#file.text.slice(start, end);
  }
}

function inside(node: Parameters<typeof declaredNames>[0], { shadowed }: Place): Place {
  const declared = declaredNames(node, watched);
  // A function runs later than the statement that it stands in.
  return { shadowed: declared.size === 0 ? shadowed : shadowed.union(declared), guarded: false };
}
