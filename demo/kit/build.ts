import { build } from "hotswap/build";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { placeOf } from "./place.ts";

/**
 * Builds every plugin of the demo, as `hotswap build demo/NAME/plugin/PLUGIN demo/NAME/bin/plugins` does. A build flag
 * puts the mark of this build into the code, in place of `BUILD_MARK`. Returns the mark.
 */
export async function buildPlugins(demo: string): Promise<string> {
  const mark = new Date().toISOString().slice(11, -1);
  const folder = join(demo, "plugin");
  const plugins = await readdir(folder);
  await Promise.all(
    plugins.map((name) =>
      build({
        pluginDir: join(folder, name),
        outputDir: placeOf(demo).plugins,
        buildFlags: ["--define", `BUILD_MARK=${JSON.stringify(mark)}`],
      }),
    ),
  );
  return mark;
}
