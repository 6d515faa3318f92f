import type { Diagnostic } from "../diagnostic.ts";
import type { SourceFile } from "./syntax/source-file.ts";

/** What `import.meta` tells about the place of a module. */
const place = /^import\.meta\.(?:dir|dirname|path|filename|file|url|resolve|resolveSync)\b/;

/** Warnings for code that asks where its file lies: in a bundle the answer is where the artifact lies. */
export function warnOfOwnPlace(files: readonly SourceFile[]): Diagnostic[] {
  return files
    .filter(({ text }) => text.includes("import.meta."))
    .flatMap((file) =>
      file.importMetas.flatMap(({ start, end }) => {
        const found = place.exec(file.text.slice(start, end + 16))?.[0];
        if (found === undefined) return [];
        const message = `${found} tells at run time where the artifact lies, not this file: carry what is needed with --include and read it with asset()`;
        return [file.problem(message, { start, end: start + found.length })];
      }),
    );
}
