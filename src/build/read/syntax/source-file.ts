import { readFileSync, statSync } from "node:fs";
import type { OxcError, ParseResult, ParserOptions, Span } from "oxc-parser";
import type { ErrorCode } from "../../../errors.ts";
import { type Diagnostic, diagnosticAt } from "../../diagnostic.ts";
import { type ModuleSyntax, readModuleSyntax } from "./module-syntax.ts";
import { parseModule } from "./parser.ts";

/** A source file of a plugin or of the host, read once for each build. */
export class SourceFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
  #parsed: ParseResult | undefined;
  #syntax: ModuleSyntax | undefined;
  #asked: { readonly word: string; readonly found: boolean } | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
  }

  /** Whether something in the text may begin with `word`, in whatever case. Asked for one word again and again. */
  mentions(word: string): boolean {
    if (this.#asked?.word !== word) {
      this.#asked = { word, found: new RegExp(`(?<![\\w$])${RegExp.escape(word)}`, "i").test(this.text) };
    }
    return this.#asked.found;
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

  /** The whole syntax tree. It takes much more memory than the text, so it is not kept here. */
  parse(): ParseResult {
    return this.#parsed ?? parseModule(this.path, this.text, languageOf(this.path));
  }

  #parse(): ParseResult {
    return (this.#parsed ??= this.parse());
  }
}

/** Reads source files. */
export interface SourceReader {
  /** Throws what the file system throws. */
  read(path: string): SourceFile;
}

/** When a file was as it was read. */
interface Identity {
  readonly size: number;
  readonly changed: number;
  readonly inode: number;
  /** When it was read, in ms since the epoch. */
  readonly readAt: number;
}

/** In ms: a file that was read so soon after a change may change again and keep its time. */
const COARSEST_CLOCK = 2000;

/** The source files of one build, or of builds that follow each other. */
export class SourceFiles implements SourceReader {
  readonly #files = new Map<string, SourceFile>();
  /** Only when there is a next build. */
  #identities: Map<string, Identity> | undefined;
  readonly #current = new Set<string>();

  /** Reads the file at an absolute path, or returns what was read before. Throws what the file system throws. */
  read(path: string): SourceFile {
    const known = this.#files.get(path);
    if (known !== undefined && (this.#identities === undefined || this.#current.has(path))) return known;
    const identities = this.#identities;
    if (identities === undefined) return this.#take(path);
    // The time of the last change of whatever kind: that of the content can be set to anything.
    const { size, ctimeMs: changed, ino: inode } = statSync(path);
    const identity = { size, changed, inode, readAt: Date.now() };
    const same = known !== undefined && isSame(identities.get(path), identity);
    const file = same ? known : this.#take(path);
    if (!same) identities.set(path, identity);
    this.#current.add(path);
    return file;
  }

  /**
   * Begins the next build: what has changed on the disk is read again.
   *
   * @param changed all that may have changed, when that is known
   */
  renew(changed?: readonly string[]): void {
    this.#identities ??= new Map();
    if (changed === undefined) this.#current.clear();
    else for (const path of changed) this.#current.delete(path);
  }

  /** A file whose text did not change stays the same object, with everything that is known about it. */
  #take(path: string): SourceFile {
    const text = readFileSync(path, "utf8");
    const known = this.#files.get(path);
    if (known?.text === text) return known;
    const file = new SourceFile(path, text);
    this.#files.set(path, file);
    return file;
  }
}

function isSame(before: Identity | undefined, now: Identity): boolean {
  if (before === undefined || before.changed > before.readAt - COARSEST_CLOCK) return false;
  return before.size === now.size && before.changed === now.changed && before.inode === now.inode;
}

/** The bundler takes every JavaScript file for JSX, but a TypeScript file only when its name says so. */
function languageOf(path: string): NonNullable<ParserOptions["lang"]> {
  if (path.endsWith(".tsx")) return "tsx";
  return /\.[mc]?ts$/.test(path) ? "ts" : "jsx";
}
