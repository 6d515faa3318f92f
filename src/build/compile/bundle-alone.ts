import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { whatIsForgotten } from "../../load/resolve.ts";
import { inChild } from "../child/in-child.ts";
import { bundlerConfig } from "../emit/bundle/bundle.ts";
import { readBundle } from "../emit/bundle/source-map.ts";
import { NeedsBundler } from "../needs-bundler.ts";
import type { FilledOptions } from "../options.ts";
import { isCode } from "../read/plugin-folder.ts";
import { macrosIn } from "./inputs.ts";
import { loaderOf } from "./print.ts";

/**
 * One file as a module of JavaScript, made by the bundler, with all that it imports left alone: by a process of its own where macros
 * run, or where the bundler may remember what is no longer so. Throws {@link NeedsBundler} when it has something to say.
 */
export function bundleAlone(
  { bundler }: Pick<FilledOptions, "bundler">,
  path: string,
  { type, runsCode }: { readonly type: string | undefined; readonly runsCode: boolean },
): Promise<string> {
  return runsCode || whatIsForgotten(path) === "everything"
    ? inChild({ kind: "alone", bundler, path, type })
    : bundleAloneHere({ bundler }, path, type);
}

/**
 * One file as a module of JavaScript, made by the bundler, with all that it imports left alone. Throws {@link NeedsBundler}
 * when it has something to say, which it says best of the whole plugin.
 *
 * @param type what the file is taken for; by its ending unless given
 */
export async function bundleAloneHere(
  options: Pick<FilledOptions, "bundler">,
  path: string,
  type: string | undefined,
): Promise<string> {
  const config = bundlerConfig(options);
  const loader = type === undefined ? {} : takenFor(path, type as Bun.Loader, config.loader);
  // The bundler reads the file itself: given its text, it would heed no tsconfig.json.
  const external = type === undefined && isCode(path) ? importsBeside(path) : ["*"];
  const output = await Bun.build({ ...config, ...loader, entrypoints: [path], external });
  const [code, map, ...others] = output.outputs;
  if (!output.success || output.logs.length > 0 || code === undefined || map === undefined || others.length > 0) {
    throw new NeedsBundler(`the bundler has something to say about ${path}`);
  }
  return readBundle(await code.text(), await map.text()).code;
}

function takenFor(path: string, type: Bun.Loader, loader: Bun.BuildConfig["loader"]): Partial<Bun.BuildConfig> {
  const ending = extname(path);
  if (ending !== "") return { loader: { ...loader, [ending]: type } };
  // As `LICENSE` or `.rc`: the bundler knows files by their endings.
  const load = { loader: type, contents: readFileSync(path) };
  return { plugins: [{ name: "type", setup: (build) => void build.onLoad({ filter: /./ }, () => load) }] };
}

/** What a module imports, but for macros: the bundler has to find those. */
function importsBeside(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const imports = new Bun.Transpiler({ loader: loaderOf(path) }).scanImports(text);
  const macros = macrosIn(text);
  return [
    ...imports.map((found) => found.path).filter((specifier) => !macros.has(specifier)),
    "*/jsx-runtime",
    "*/jsx-dev-runtime",
  ];
}
