import type * as Oxc from "oxc-parser";

let parser: typeof Oxc | undefined;

/**
 * Parses a module. The parser is loaded when something is parsed for the first time: that takes longer than bundling a
 * small plugin, so it happens while the bundler is at work, or never.
 *
 * @param lang how the text is to be understood; by the ending of `path` unless given
 */
export function parseModule(path: string, text: string, lang?: Oxc.ParserOptions["lang"]): Oxc.ParseResult {
  parser ??= require("oxc-parser") as typeof Oxc;
  return parser.parseSync(path, text, lang === undefined ? { sourceType: "module" } : { lang, sourceType: "module" });
}
