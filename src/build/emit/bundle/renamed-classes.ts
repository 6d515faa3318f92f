import { displayPath, type Diagnostic } from "../../diagnostic.ts";
import type { SourceFile } from "../../read/syntax/source-file.ts";

const mayDeclare = /^[ \t]*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+([\w$]+)/gm;

/**
 * Warnings for classes that share a name. A bundle is one scope, so the bundler renames all but one of them, and their
 * `name` changes with it. Only files that may have such classes are parsed.
 */
export function warnOfRenamedClasses(files: readonly SourceFile[]): Diagnostic[] {
  const byName = new Map<string, SourceFile[]>();
  for (const file of files) {
    for (const name of new Set(Array.from(file.text.matchAll(mayDeclare), ([, found = ""]) => found))) {
      byName.set(name, [...(byName.get(name) ?? []), file]);
    }
  }
  return byName
    .entries()
    .flatMap(([name, candidates]) => {
      if (candidates.length < 2) return [];
      const [first, ...others] = candidates.filter((file) => file.syntax.declarations.get(name)?.kind === "class");
      if (first === undefined) return [];
      return others.map((file) => {
        const declared = file.syntax.declarations.get(name);
        const message = `${displayPath(first.path)} has a class ${name}, too: in the bundle one of them has another \`name\`, such as ${name}2; call one of them something else, or fix what it says with \`static readonly name = "${name}"\``;
        const node = declared?.kind === "class" ? (declared.node.id ?? declared.node) : { start: 0, end: 0 };
        return file.problem(message, node);
      });
    })
    .toArray();
}
