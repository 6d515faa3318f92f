import { extname } from "node:path";
import { bundlerConfig } from "../emit/bundle/bundle.ts";
import { readBundle } from "../emit/bundle/source-map.ts";
import { NeedsBundler } from "../needs-bundler.ts";
import type { FilledOptions } from "../options.ts";

/**
 * One file as a module of JavaScript, made by the bundler, with all that it imports left alone. Throws {@link NeedsBundler}
 * when it has something to say, which it says best of the whole plugin.
 *
 * @param type what the file is taken for; by its ending unless given
 */
export async function bundleAlone(options: FilledOptions, path: string, type: string | undefined): Promise<string> {
  const config = bundlerConfig(options);
  const loader = type === undefined ? {} : { loader: { ...config.loader, [extname(path)]: type as Bun.Loader } };
  // The bundler reads the file itself: given its text, it would heed no tsconfig.json.
  const output = await Bun.build({ ...config, ...loader, entrypoints: [path], external: ["*"] });
  const [code, map, ...others] = output.outputs;
  if (!output.success || output.logs.length > 0 || code === undefined || map === undefined || others.length > 0) {
    throw new NeedsBundler(`the bundler has something to say about ${path}`);
  }
  return readBundle(await code.text(), await map.text()).code;
}
