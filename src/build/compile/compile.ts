import type { BuildOutput } from "bun";
import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { bundlerConfig } from "../emit/bundle/bundle.ts";
import { readBundle } from "../emit/bundle/source-map.ts";
import type { FilledOptions } from "../options.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { turnWhenDue } from "../../turn.ts";
import { definesFields } from "./class-fields.ts";
import { NotErasable } from "./erase/erasure.ts";
import { eraseTypes } from "./erase-types.ts";
import { type ModuleMappings, readMappings } from "../emit/sections/mappings.ts";
import { type ModuleCode, readModuleCode } from "./module-code.ts";
import { NeedsBundler } from "../needs-bundler.ts";

/** One module as it is by itself, with everything that it imports left alone. */
export interface CompiledModule extends ModuleCode {
  readonly source: SourceFile;
  /** `undefined` when lines are those of the source. */
  readonly mappings: ModuleMappings | undefined;
}

const ending = /\.\w+$/;

const byteOrderMark = /^\uFEFF/;

/**
 * Compiles modules, each by itself, from the texts that they are known with. Throws {@link NeedsBundler}.
 *
 * The bundler needs threads that are asleep when little is built, so it is asked only for what is more than JavaScript
 * with types.
 */
export async function compileModules(
  options: FilledOptions,
  sources: readonly SourceFile[],
): Promise<CompiledModule[]> {
  const { define, drop } = options.bundler.config;
  if (define !== undefined || drop !== undefined) return bundleModules(options, sources);
  const modules: CompiledModule[] = [];
  const others: SourceFile[] = [];
  for (const source of sources) {
    if (source !== sources[0]) await turnWhenDue();
    const module = await eraseModule(options, source);
    if (module === undefined) others.push(source);
    else modules.push(module);
  }
  return others.length === 0 ? modules : [...modules, ...(await bundleModules(options, others))];
}

/** `undefined` for what only the bundler can compile. */
async function eraseModule(options: FilledOptions, source: SourceFile): Promise<CompiledModule | undefined> {
  try {
    const { fields, ...code } = eraseTypes(source);
    if (fields && !(await definesFields(options, source))) return undefined;
    return { source, ...code, mappings: undefined };
  } catch (error) {
    if (error instanceof NotErasable) return undefined;
    throw error;
  }
}

async function bundleModules(options: FilledOptions, sources: readonly SourceFile[]): Promise<CompiledModule[]> {
  const compiled: CompiledModule[] = [];
  for (const round of rounds(sources)) compiled.push(...(await compileRound(options, round)));
  return compiled;
}

/** Modules whose outputs have different names: the bundler names outputs without the endings of their sources. */
function rounds(sources: readonly SourceFile[]): SourceFile[][] {
  const seen = new Map<string, number>();
  const all: SourceFile[][] = [];
  for (const source of sources) {
    const name = source.path.replace(ending, "");
    const round = seen.get(name) ?? 0;
    seen.set(name, round + 1);
    (all[round] ??= []).push(source);
  }
  return all;
}

async function compileRound(options: FilledOptions, sources: readonly SourceFile[]): Promise<CompiledModule[]> {
  const output = await Bun.build({
    ...bundlerConfig(options),
    entrypoints: sources.map(({ path }) => path),
    root: options.pluginDir,
    external: ["*"],
  });
  // Every message is best given by the build of the whole.
  if (!output.success || output.logs.length > 0) throw new NeedsBundler("the bundler has something to say");
  const files = new Map(output.outputs.map((file) => [outputName(file.path), file]));
  return Promise.all(sources.map((source) => read(options, source, files)));
}

async function read(
  { pluginDir }: FilledOptions,
  source: SourceFile,
  files: ReadonlyMap<string, BuildOutput["outputs"][number]>,
): Promise<CompiledModule> {
  const name = relative(pluginDir, source.path).replaceAll("\\", "/").replace(ending, ".js");
  const code = files.get(name);
  const map = files.get(`${name}.map`);
  if (code?.kind !== "entry-point" || map === undefined) throw new NeedsBundler(`${source.path} has no output`);
  // A first line for the shell stays the first one; in its place stands an empty one.
  const text = (await code.text()).replace(/^#!.*\n(.*\n)/, "$1\n");
  const bundled = readBundle(text, await map.text());
  const [origin, ...more] = bundled.map.sources;
  if (more.length > 0 || (origin !== undefined && resolve(origin) !== source.path) || bundled.map.names !== "[]") {
    throw new NeedsBundler(`the output of ${source.path} is not clear`);
  }
  requireKnownText(source, bundled.map.sourcesContent);
  return { source, ...readModuleCode(bundled.code, source.path), mappings: readMappings(bundled.map.mappings) };
}

/** The bundler reads files itself: given their texts, it would heed no tsconfig.json. One may have changed meanwhile. */
function requireKnownText({ path, text }: SourceFile, sourcesContent: string): void {
  // A module without code has no source.
  const [compiled = readFileSync(path, "utf8")] = JSON.parse(sourcesContent) as string[];
  if (compiled.replace(byteOrderMark, "") !== text.replace(byteOrderMark, "")) {
    throw new NeedsBundler(`${path} changed while it was compiled`);
  }
}

function outputName(path: string): string {
  return path.replaceAll("\\", "/").replace(/^\.\//, "");
}
