import { readFileSync } from "node:fs";
import type { OxcError, ParseResult, ParserOptions, Span } from "oxc-parser";
import type { ErrorCode } from "../../errors.ts";
import { type Diagnostic, diagnosticAt } from "../diagnostic.ts";
import { type ModuleSyntax, readModuleSyntax } from "./module-syntax.ts";
import { parseModule } from "./parser.ts";

/** A source file of a plugin or of the host, read once for each build. */
export class SourceFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
  #parsed: ParseResult | undefined;
  #syntax: ModuleSyntax | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  /** Syntax errors; the trees of a file that has some are incomplete. */
  get syntaxErrors(): readonly OxcError[] {
    return this.#parse().errors;
  }

  /** Where `import.meta` stands. */
  get importMetas(): readonly Span[] {
    return this.#parse().module.importMetas;
  }

  /** The top level: what is declared, imported and exported. */
  get syntax(): ModuleSyntax {
    return (this.#syntax ??= readModuleSyntax(this.#parse().program));
  }

  /**
   * A problem at a place in this file.
   *
   * @param code the error that it would be at load time
   */
  problem(message: string, span: Span, code?: ErrorCode): Diagnostic {
    const diagnostic = diagnosticAt(this.path, this.text, message, span);
    return code === undefined ? diagnostic : { ...diagnostic, code };
  }

  /** The span of the first import or re-export of `specifier`, or the first mention of it; empty at 0 if there is none. */
  findImport(specifier: string): Span {
    const { staticImports, staticExports, dynamicImports } = this.#parse().module;
    const requests = [
      ...staticImports.map(({ moduleRequest }) => moduleRequest),
      ...staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest ?? [])),
    ];
    const quoted = [`"${specifier}"`, `'${specifier}'`, `\`${specifier}\``];
    const found =
      requests.find(({ value }) => value === specifier) ??
      dynamicImports
        .map(({ moduleRequest }) => moduleRequest)
        .find(({ start, end }) => quoted.includes(this.text.slice(start, end)));
    if (found !== undefined) return found;
    const start = Math.max(...quoted.map((literal) => this.text.indexOf(literal)));
    return start === -1 ? { start: 0, end: 0 } : { start, end: start + specifier.length + 2 };
  }

  #parse(): ParseResult {
    return (this.#parsed ??= parseModule(this.path, this.text, languageOf(this.path)));
  }
}

/** The source files of one build. */
export class SourceFiles {
  readonly #files = new Map<string, SourceFile>();

  /** Reads the file at an absolute path, or answers what was read before. Throws what the file system throws. */
  read(path: string): SourceFile {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new SourceFile(path, readFileSync(path, "utf8"));
      this.#files.set(path, file);
    }
    return file;
  }
}

/** The bundler takes every JavaScript file for JSX, but a TypeScript file only when its name says so. */
function languageOf(path: string): NonNullable<ParserOptions["lang"]> {
  if (path.endsWith(".tsx")) return "tsx";
  return /\.[mc]?ts$/.test(path) ? "ts" : "jsx";
}
