import type { Diagnostic } from "../diagnostic.ts";
import { checkDefinition } from "./definition.ts";
import { bare } from "./evidence.ts";
import { isPlainlyFine } from "./plain/definition.ts";
import { SourceFile } from "./syntax/source-file.ts";

/** Checks a plugin's root module (SPEC 2.3), as {@link checkDefinition} does. */
export function checkRootModule(file: SourceFile): Diagnostic[] {
  if (isPlainlyFine(file.path, file.text) || isEvidentlyFine(file)) return [];
  // What does not parse is reported by the bundler.
  return file.syntaxErrors.length > 0 ? [] : checkDefinition(file);
}

/**
 * Parsing a file takes as long as bundling it, and the definition usually stands at its end. When the end alone shows
 * that nothing is wrong, that is enough; in every other case the whole file is parsed.
 */
function isEvidentlyFine({ path, text }: SourceFile): boolean {
  const start = text.lastIndexOf("\nexport default definePlugin") + 1;
  if (start === 0 || !/\bimport\s*\{[^}]*\bdefinePlugin\s*[,}][^"']*["']hotswap["']/.test(text)) return false;
  const end = new SourceFile(path, `import { definePlugin } from "hotswap";\n${text.slice(start)}`);
  return end.syntaxErrors.length === 0 && isSelfContained(end) && checkDefinition(end).length === 0;
}

/** Nothing in the definition is a name that is declared elsewhere in the file. */
function isSelfContained({ syntax }: SourceFile): boolean {
  const value = syntax.exports.find(({ name }) => name === "default")?.value;
  const call = value?.kind === "expression" ? bare(value.expression) : undefined;
  const [argument] = call?.type === "CallExpression" ? call.arguments : [];
  if (argument === undefined || argument.type === "SpreadElement") return false;
  const definition = bare(argument);
  if (definition.type !== "ObjectExpression") return false;
  return definition.properties.every((property) => {
    if (property.type !== "Property") return true;
    const hook = bare(property.value);
    if (hook.type !== "ObjectExpression") return hook.type !== "Identifier";
    return hook.properties.every((entry) => entry.type !== "Property" || bare(entry.value).type !== "Identifier");
  });
}
