import type { SourceFile } from "../source/source-file.ts";

/** The name of a function or class at the beginning of a line or statement. */
const declared = /(?<=^|[\s;{}])(?:function\s*\*?|class)\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu;

const known = new WeakMap<SourceFile, ReadonlySet<string>>();

/**
 * Names of functions and classes that something seems to be assigned to: TypeScript forbids it, JavaScript does not. The
 * text is not parsed for that, so a variable of the same name in an inner scope may be taken for one of them.
 */
export function reassignedNames(file: SourceFile): ReadonlySet<string> {
  let names = known.get(file);
  if (names === undefined) {
    names = findReassigned(file.text);
    known.set(file, names);
  }
  return names;
}

function findReassigned(text: string): Set<string> {
  const candidates = new Set(Array.from(text.matchAll(declared), ([, name = ""]) => name));
  if (candidates.size === 0) return candidates;
  const names = [...candidates].map((name) => name.replaceAll("$", String.raw`\$`)).join("|");
  const assignment = new RegExp(
    String.raw`(?<![.\w$]|\b(?:const|let|var)\s{1,9})(${names})\s*(?:(?:[-+*/%&|^?<>]{1,3})?=(?![=>])|\+\+|--)|(?:\+\+|--)(${names})\b`,
    "g",
  );
  return new Set(Array.from(text.matchAll(assignment), ([, name, other]) => name ?? other ?? ""));
}
