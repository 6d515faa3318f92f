import { existsSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { codeFrame, type Diagnostic, displayPath, fileDiagnostic } from "../../diagnostic.ts";
import { ENTRY_FILE, type RefusedImport } from "../../host/host-imports.ts";
import type { SourceFiles } from "../../read/syntax/source-file.ts";

/** What the bundler reported, in our form. What it says about the entry is about the root module's exports. */
export function bundlerDiagnostics(
  logs: readonly (BuildMessage | ResolveMessage)[],
  sources: SourceFiles,
  pluginDir: string,
): Diagnostic[] {
  return logs
    .filter(({ position }) => position?.file.endsWith(ENTRY_FILE) !== true)
    .map(({ position, message }) => {
      if (position === null || position.file === "") return fileDiagnostic(pluginDir, message);
      const { line, column, lineText, length } = position;
      const file = isAbsolute(position.file) ? position.file : resolve(position.file);
      if (line < 1) return fileDiagnostic(file, message);
      if (!existsSync(file)) return { file, line, column, message, frame: codeFrame(lineText, 1, column, length) };
      const source = sources.read(file);
      // When one of our resolvers finds nothing, the bundler no longer knows where the import stands.
      const specifier = /^Could not resolve: "(.+?)"/.exec(message)?.[1];
      const place = specifier === undefined ? undefined : source.findImport(specifier);
      if (place !== undefined && place.end > 0) return source.problem(message, place);
      return { file, line, column, message, frame: codeFrame(source.text, line, column, length) };
    });
}

/** Refused imports, at the place where they are written. */
export function refusedDiagnostics(refused: readonly RefusedImport[], sources: SourceFiles): Diagnostic[] {
  return refused.map(({ importer, specifier, message }) => {
    const file = sources.read(importer);
    return file.problem(message, file.findImport(specifier), "HOTSWAP_INVALID_IMPORT");
  });
}

/** Problems in the order of their places, without those that say the same twice. */
export function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const distinct = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { file, line, column, message } = diagnostic;
    distinct.set([file, line, column, message].join("\n"), diagnostic);
  }
  return [...distinct.values()].toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** It does not matter what is in a file that the plugin may not import. */
export function withoutRefused(messages: readonly Diagnostic[], refused: readonly RefusedImport[]): Diagnostic[] {
  const files = refused.map(({ importer, specifier }) => resolve(dirname(importer), specifier));
  const missing = files.map((file) => `No matching export in "${displayPath(file)}" `);
  return messages.filter(
    ({ file, message }) => !files.includes(file) && !missing.some((beginning) => message.startsWith(beginning)),
  );
}
