import { dirname } from "node:path";
import { NeedsBundler } from "../needs-bundler.ts";
import type { FilledOptions } from "../options.ts";
import { isCode } from "../read/plugin-folder.ts";
import type { SourceFile } from "../read/syntax/source-file.ts";
import { bundleAlone } from "./bundle-alone.ts";
import type { CompileCache } from "./compile-cache.ts";
import type { CompilerSettings, SettingsFiles } from "./compiler-settings.ts";
import { Inputs, macroFiles } from "./inputs.ts";
import { type ModuleCode, readModuleCode } from "./module-code.ts";
import { printModule } from "./print.ts";

/** One module as it is by itself, with everything that it imports left alone. */
export interface CompiledModule extends ModuleCode {
  readonly source: SourceFile;
  /** Why the bundler made it; `undefined` when it is printed as `bun run` prints it, and has a source map. */
  readonly bundled: string | undefined;
  /** Files that it was made of beside its source; `undefined` when there are none. */
  readonly inputs: Inputs | undefined;
}

const BY_MACROS = "it uses macros";

/** Code that runs while it is compiled. */
const macros = /\bwith\s*\{\s*type\s*:\s*["']macro["']|["']bun:bundle["']/;

/**
 * Compiles one module: prints it as JavaScript, and reads what it imports and exports. The bundler gets the module,
 * alone, only when Bun's transpiler cannot do it. Throws {@link NeedsBundler} when something is wrong with the module.
 *
 * @param type what an import's attributes say that the file is to be taken for
 */
export async function compileModule(
  options: FilledOptions,
  source: SourceFile,
  type: string | undefined,
  settings: SettingsFiles,
  cache?: CompileCache,
): Promise<CompiledModule> {
  const { path } = source;
  const bundled = whyBundled(options, source, type);
  if (bundled !== undefined) {
    const runsCode = bundled === BY_MACROS;
    const text = await bundleAlone(options, path, { type, runsCode });
    const inputs = runsCode ? new Inputs(macroFiles(source)) : undefined;
    return { source, bundled, inputs, ...readModuleCode(text, path) };
  }
  const heeded = settings.of(dirname(path));
  const known = cache?.get(source, heeded);
  const code = known ?? readModuleCode(print(options, source, heeded), path);
  if (known === undefined) cache?.add(source, heeded, code);
  return { source, bundled, inputs: undefined, ...code };
}

function whyBundled(
  { bundler: { config } }: FilledOptions,
  { path, text }: SourceFile,
  type: string | undefined,
): string | undefined {
  if (type !== undefined) return `it is imported as ${type}`;
  if (!isCode(path)) return "it is no code";
  if (macros.test(text)) return BY_MACROS;
  return config.drop === undefined ? undefined : "of --drop";
}

function print(options: FilledOptions, source: SourceFile, settings: CompilerSettings): string {
  try {
    return printModule(options, source, settings);
  } catch (error) {
    throw new NeedsBundler(`${source.path} does not compile`, { cause: error });
  }
}
