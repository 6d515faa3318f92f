import type { BuildOutput } from "bun";
import { relative, resolve } from "node:path";
import { bundlerConfig } from "../bundle/bundle.ts";
import { readBundle } from "../bundle/source-map.ts";
import type { FilledOptions } from "../options.ts";
import type { SourceFile } from "../source/source-file.ts";
import { type ModuleMappings, readMappings } from "./mappings.ts";
import { type ModuleCode, readModuleCode } from "./module-code.ts";
import { NeedsBundler } from "./needs-bundler.ts";

/** One module as the bundler writes it when it leaves everything that the module imports alone. */
export interface CompiledModule extends ModuleCode {
  readonly source: SourceFile;
  /** `undefined` when lines are those of the source. */
  readonly mappings: ModuleMappings | undefined;
}

/** Compiles modules, each by itself, from the texts that they are known with. Throws {@link NeedsBundler}. */
export async function compileModules(
  options: FilledOptions,
  sources: readonly SourceFile[],
): Promise<CompiledModule[]> {
  const output = await Bun.build({
    ...bundlerConfig(options),
    entrypoints: sources.map(({ path }) => path),
    files: Object.fromEntries(sources.map(({ path, text }) => [path, text])),
    root: options.pluginDir,
    external: ["*"],
  });
  // Every message is best given by the build of the whole.
  if (!output.success || output.logs.length > 0) throw new NeedsBundler("the bundler has something to say");
  const files = new Map(output.outputs.map((file) => [outputName(file.path), file]));
  return Promise.all(sources.map((source) => read(options, source, files)));
}

async function read(
  { pluginDir, root }: FilledOptions,
  source: SourceFile,
  files: ReadonlyMap<string, BuildOutput["outputs"][number]>,
): Promise<CompiledModule> {
  const name = relative(pluginDir, source.path)
    .replaceAll("\\", "/")
    .replace(/\.\w+$/, ".js");
  const code = files.get(name);
  const map = files.get(`${name}.map`);
  if (code?.kind !== "entry-point" || map === undefined) throw new NeedsBundler(`${source.path} has no output`);
  const bundled = readBundle(await code.text(), await map.text());
  // Two modules that differ only in their endings have one name; a module without code has no source.
  const [origin, ...more] = bundled.map.sources;
  if (more.length > 0 || (origin !== undefined && resolve(origin) !== source.path) || bundled.map.names !== "[]") {
    throw new NeedsBundler(`the output of ${source.path} is not clear`);
  }
  const path = relative(root, source.path).replaceAll("\\", "/");
  return { source, ...readModuleCode(bundled.code, path), mappings: readMappings(bundled.map.mappings) };
}

function outputName(path: string): string {
  return path.replaceAll("\\", "/").replace(/^\.\//, "");
}
