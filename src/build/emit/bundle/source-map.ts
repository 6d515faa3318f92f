import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { LINES_BEFORE_CODE } from "../../../artifact/layout.ts";
import { ENTRY_FILE } from "../../host/host-imports.ts";

/**
 * The bundler's source map. Most of it is as long as the sources themselves and is passed on as it is written: to parse
 * and print it again would take a tenth of the time of the bundling.
 */
interface SourceMap {
  readonly sources: readonly string[];
  /** JSON of the list of the sources' texts. */
  readonly sourcesContent: string;
  /** What stands between the quotes. */
  readonly mappings: string;
  /** JSON of the list of names. */
  readonly names: string;
}

const FIRST_LINE = "// @bun\n";

const DEBUG_ID = "\n//# debugId=";

/** The bundler's output. */
export interface BundledText {
  /** The code without its first line (`// @bun`) and debug id. */
  readonly code: string;
  readonly map: SourceMap;
}

/** Takes what the bundler wrote. */
export function readBundle(text: string, map: string): BundledText {
  const isMarked = text.startsWith(FIRST_LINE);
  // Look for the id only at the very end: searching the whole text backwards would take long when it is not there.
  const debugId = text.indexOf(DEBUG_ID, text.length - 100);
  const code = text.slice(isMarked ? FIRST_LINE.length : 0, debugId === -1 ? undefined : debugId + 1);
  const read = readMap(map);
  // The lines before an artifact's code are counted with the first line.
  return { code: `${code.trimEnd()}\n`, map: isMarked ? read : { ...read, mappings: `;${read.mappings}` } };
}

const MAP_START = /^\{\s*"version": 3,\s*"sources": (\[[^\n]*\]),\n {2}"sourcesContent": (?=\[)/;

/* A line feed in a string of JSON is escaped, so these stand nowhere inside of one. */
const MAPPINGS = ',\n  "mappings": "';
const MAP_END = /",\n(?: {2}"debugId": "\w*",\n)? {2}"names": (\[[^\n]*\])\n\}\s*$/;

/**
 * The map is cut where this Bun's bundler writes its parts. A map that is written in another way is parsed as a whole,
 * which takes longer.
 */
function readMap(json: string): SourceMap {
  const start = MAP_START.exec(json);
  const contentsStart = start?.[0].length ?? 0;
  const contentsEnd = json.indexOf(MAPPINGS, contentsStart);
  const mappingsStart = contentsEnd + MAPPINGS.length;
  const mappingsEnd = json.indexOf('"', mappingsStart);
  const [, names] = MAP_END.exec(json.slice(mappingsEnd)) ?? [];
  if (start?.[1] === undefined || contentsEnd === -1 || names === undefined) return parseMap(json);
  return {
    sources: JSON.parse(start[1]) as string[],
    sourcesContent: json.slice(contentsStart, contentsEnd),
    mappings: json.slice(mappingsStart, mappingsEnd),
    names,
  };
}

function parseMap(json: string): SourceMap {
  const { sources, sourcesContent, mappings, names } = JSON.parse(json) as {
    readonly sources: readonly string[];
    readonly sourcesContent?: readonly string[];
    readonly mappings: string;
    readonly names?: readonly string[];
  };
  const contents = sourcesContent ?? sources.map(() => "");
  return { sources, sourcesContent: JSON.stringify(contents), mappings, names: JSON.stringify(names ?? []) };
}

/** The map with other texts of some sources: those from which the bundler was given something else. */
export function withSourceTexts(map: SourceMap, textOf: (path: string) => string | undefined): SourceMap {
  const texts = map.sources.map((source) => (isVirtual(source) ? undefined : textOf(resolve(source))));
  if (texts.every((text) => text === undefined)) return map;
  const known = JSON.parse(map.sourcesContent) as string[];
  return { ...map, sourcesContent: JSON.stringify(known.map((text, index) => texts[index] ?? text)) };
}

/** The map of an artifact: its sources, relative to the project's root, and the whole of it as JSON. */
export interface ArtifactMap {
  readonly sources: readonly string[];
  readonly json: string;
}

/**
 * Shifts a map by the lines that stand before an artifact's code, and names its sources from the project's root.
 *
 * @param withTexts whether the sources' texts stay; the engine needs only places for them
 */
export function artifactMap(map: SourceMap, root: string, withTexts: boolean): ArtifactMap {
  const { sources: given, names, mappings } = map;
  const sourcesContent = withTexts ? map.sourcesContent : JSON.stringify(given.map(() => ""));
  const sources = given.map((source) => sourceName(source, root));
  // The bundler's own first line is kept, so one line less is new.
  const shift = ";".repeat(LINES_BEFORE_CODE - 1);
  const json = `{"version":3,"sources":${JSON.stringify(sources)},"sourcesContent":${sourcesContent},"names":${names},"mappings":"${shift}${mappings}"}`;
  return { sources, json };
}

/** A source's path from the project's root. Bun writes it from the current folder. */
export function sourceName(source: string, root: string): string {
  if (isVirtual(source)) return source;
  const path = process.cwd() === root ? source : relative(root, resolve(source));
  return path.replaceAll("\\", "/");
}

/**
 * The comments in which the bundler names each module, written from the project's root: the bundler writes paths from
 * the current folder, and the same source must give the same artifact wherever it is built.
 */
export function nameModules(code: string, root: string): string {
  if (process.cwd() === root) return code;
  return code.replaceAll(/(?<=^|\n\n|[;}]\n)\/\/ ([^\n]+)$/gm, (comment, path: string) => {
    const file = resolve(path);
    return path.endsWith(ENTRY_FILE) || existsSync(file) ? `// ${sourceName(path, root)}` : comment;
  });
}

/** The source is a module that exists only while the bundler is at work; a drive letter is not a namespace. */
export function isVirtual(source: string): boolean {
  return /^[\w-]{2,}:/.test(source);
}
