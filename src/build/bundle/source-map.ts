import { relative, resolve } from "node:path";
import { LINES_BEFORE_CODE } from "../../artifact/layout.ts";

interface SourceMap {
  readonly version: number;
  readonly sources: readonly string[];
  readonly sourcesContent: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

const comment = "//# sourceMappingURL=data:application/json;base64,";

/** The bundler's output, taken apart. */
export interface BundledText {
  /** The code without its first line (`// @bun`), debug id and source map. */
  readonly code: string;
  readonly map: SourceMap;
}

/** Takes the bundler's output apart. Throws when it does not look as expected: that would be a change in Bun. */
export function splitBundle(text: string): BundledText {
  const mapStart = text.lastIndexOf(comment);
  if (!text.startsWith("// @bun") || mapStart === -1) {
    throw new Error(`this Bun's bundler (${Bun.version}) writes its output in a form that hotswap does not know`);
  }
  const codeStart = text.indexOf("\n") + 1;
  const debugId = text.lastIndexOf("\n//# debugId=", mapStart);
  const codeEnd = debugId === -1 ? mapStart : debugId + 1;
  const map = Buffer.from(text.slice(mapStart + comment.length).trimEnd(), "base64").toString("utf8");
  return { code: text.slice(codeStart, codeEnd).trimEnd() + "\n", map: JSON.parse(map) as SourceMap };
}

/**
 * The map of an artifact as JSON: shifted by the lines that stand before the code, its sources relative to the project's
 * root, without the debug id.
 */
export function artifactMap(map: SourceMap, root: string): string {
  return JSON.stringify({
    version: map.version,
    sources: map.sources.map((source) => sourceName(source, root)),
    sourcesContent: map.sourcesContent,
    names: map.names,
    // The bundler's own first line is kept, so one line less is new.
    mappings: ";".repeat(LINES_BEFORE_CODE - 1) + map.mappings,
  });
}

/** A source's path from the project's root. Bun writes it from the current folder; virtual modules have a prefix. */
export function sourceName(source: string, root: string): string {
  if (/^[\w-]{2,}:/.test(source)) return source;
  return relative(root, resolve(source)).replaceAll("\\", "/");
}
