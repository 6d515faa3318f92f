/*
 * Runs the program of a project in one way, and prints what its cases return, as JSON:
 *
 *     bun run-program.ts <root> plain|build|builder|static
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { PluginManagerSwapper, type SwapperOptions } from "hotswap";
import { build, buildStatic, createBuilder } from "../../src/build/index.ts";
import type { StaticPlugin } from "../../src/load/static.ts";

const [root = "", way = ""] = process.argv.slice(2);
const pluginDir = join(root, "plugin", "alpha");
const outputDir = join(root, "bin", way);

type Run = () => Promise<Record<string, unknown>>;

async function swapperFor(dir: string, options: SwapperOptions<undefined> = {}): Promise<PluginManagerSwapper> {
  const swapper = new PluginManagerSwapper(dir, { root, freeDelay: 0, ...options });
  await swapper.loadPlugins();
  return swapper;
}

async function results(swapper: PluginManagerSwapper): Promise<Record<string, unknown>> {
  return (await swapper.current?.findPlugin("alpha")?.invokeFunc("run")) as Record<string, unknown>;
}

const ways: Readonly<Record<string, () => Promise<Record<string, unknown>>>> = {
  async plain() {
    const { run } = (await import(join(pluginDir, "index.ts"))) as { run: Run };
    return { plain: await run() };
  },
  async build() {
    await build({ pluginDir, outputDir, root });
    await using swapper = await swapperFor(outputDir);
    return { build: await results(swapper) };
  },
  async builder() {
    const builder = createBuilder({ pluginDir, outputDir, root });
    const { bundled = [] } = await builder.build();
    // Otherwise the cases would say nothing about modules that are kept apart.
    const whole = bundled.find(({ module }) => module === "alpha");
    if (whole !== undefined) throw new Error(`the plugin is bundled as a whole: ${whole.why}`);
    await using swapper = await swapperFor(outputDir);
    const fresh = await results(swapper);
    appendFileSync(join(pluginDir, "own/value.ts"), "\nconsole.error(1 as number);\n");
    await builder.build();
    await swapper.reload();
    return { "builder, fresh": fresh, "builder, edited": await results(swapper) };
  },
  async static() {
    const linked = join(root, "linked");
    await buildStatic({ pluginDir, outputDir: linked, root });
    const { staticPlugins } = (await import(join(linked, "index.ts"))) as {
      staticPlugins: Record<string, StaticPlugin>;
    };
    await using swapper = await swapperFor("", { staticPlugins });
    return { static: await results(swapper) };
  },
};

process.stdout.write(JSON.stringify(await ways[way]?.()));
