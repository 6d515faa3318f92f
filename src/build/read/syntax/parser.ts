import type * as Oxc from "oxc-parser";

let parser: typeof Oxc | undefined;

/** What was parsed last: one module is looked at in several steps. */
let last: { readonly text: string; readonly result: Oxc.ParseResult } | undefined;

/**
 * Parses a module. The first call loads the parser, which takes longer than bundling a small plugin: so it happens
 * while the bundler is at work, or never.
 *
 * @param lang how the text is to be understood; by the ending of `path` unless given
 */
export function parseModule(path: string, text: string, lang?: Oxc.ParserOptions["lang"]): Oxc.ParseResult {
  return loaded().parseSync(path, text, lang === undefined ? { sourceType: "module" } : { lang, sourceType: "module" });
}

/** Parses a module of JavaScript. Parsing the same text twice in a row returns the same result. */
export function parseJavaScript(text: string): Oxc.ParseResult {
  if (last?.text !== text) last = { text, result: parseModule("module.js", text) };
  return last.result;
}

/** Gives back the memory that {@link parseJavaScript} keeps. */
export function forgetParsed(): void {
  last = undefined;
}

/** Parses a file of CommonJS, whose code lies in a function. */
export function parseCommonJs(text: string): Oxc.ParseResult {
  return loaded().parseSync("module.cjs", text, { sourceType: "commonjs" });
}

/** By the type of a syntax node, the properties that hold other nodes. */
export function childKeys(): Readonly<Record<string, readonly string[]>> {
  return loaded().visitorKeys;
}

function loaded(): typeof Oxc {
  return (parser ??= require("oxc-parser") as typeof Oxc);
}
