/** A template that ends in its line; what it fills in holds neither strings nor braces. */
export const template = String.raw`\`(?:[^\`\\$\n]|\$(?!\{)|\$\{[^\`{}"'\/\n]*\})*\``;

/** A line in which everything that begins ends, as far as strings and templates go. */
const closedLine = new RegExp(String.raw`^(?:[^"'\`\/\\]|"[^"\\]*"|'[^'\\]*'|${template})*(?:\/\/.*)?$`);

/**
 * The text without block comments, when it is certain that every line of it begins outside of strings and comments;
 * `undefined` when it is not.
 */
export function plainLines(text: string): string | undefined {
  // Strings that go on in the next line, and line ends that are allowed in strings.
  if (/[\u2028\u2029]|\\\r?\n|\r(?!\n)/.test(text)) return undefined;
  const plain = `\n${text}`.replaceAll(/(\n[ \t]*)\/\*[^]*?\*\//g, "$1");
  // One that does not begin its line may be part of a string.
  if (plain.includes("/*")) return undefined;
  if (plain.includes("`") && !plain.split("\n").every((line) => !line.includes("`") || closedLine.test(line))) {
    return undefined;
  }
  // In a block of these, an export is not one of the module.
  return /\b(?:namespace|module|global)\b/.test(plain) ? undefined : plain;
}

/**
 * The exported functions at the top level that are neither asynchronous nor generators, in what {@link plainLines}
 * returns: there, `export` at the beginning of a line always begins an export.
 */
export function exportedFunctions(lines: string): ReadonlySet<string> {
  return new Set(lines.matchAll(/\nexport function ([A-Za-z_$][\w$]*)\(/g).map(([, name = ""]) => name));
}
