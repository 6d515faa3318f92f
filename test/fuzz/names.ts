import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { PluginManagerSwapper, type StaticPlugin } from "hotswap";
import { buildStatic } from "../../src/build/emit/static/build-static.ts";
import { writeTypes } from "../../src/build/emit/types/write-types.ts";
import { build, createBuilder } from "../../src/build/index.ts";
import { createProject } from "../support/project.ts";
import { RecordingLogger } from "../support/logger.ts";
import { isRefusal, Broken, type Target } from "./target.ts";
import type { Random } from "./random.ts";

/** Runs when a name is taken for code. */
const payloads = [
  `globalThis.PWNED=1`,
  `";globalThis.PWNED=1;"`,
  `';globalThis.PWNED=1;'`,
  "`${globalThis.PWNED=1}`",
  `*`,
  `{`,
  `}`,
];

/** Plugins and files of every name: built in every way, loaded, and their text asked for. */
export async function names(): Promise<Target> {
  const project = await createProject();
  let count = 0;
  return {
    async attempt(random) {
      const folder = `run-${count++}`;
      // Files whose names begin with a dot are no part of a plugin.
      const [plugin, file] = [name(random), name(random).replace(/^\./, "x")];
      const pluginDir = project.path(folder, plugin);
      const options = { pluginDir, include: "txt$", root: project.root };
      try {
        await project.write({
          [`${folder}/${plugin}/index.ts`]: `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { version: () => 1 } });`,
          [`${folder}/${plugin}/${file}.ts`]: `export function live_one() { return 1; }`,
          [`${folder}/${plugin}/${file}.txt`]: "text",
        });
      } catch {
        // The file system has no such name.
        return;
      }
      const out = (kind: string): string => project.path(folder, `out-${kind}`);
      mkdirSync(out("types"));
      const ways = [
        async () => hosted((await build({ ...options, outputDir: out("bundled") })) && out("bundled"), project.root),
        async () =>
          hosted((await createBuilder({ ...options, outputDir: out("apart") }).build()) && out("apart"), project.root),
        async () => linkedIn((await buildStatic({ ...options, outputDir: out("static") })).aggregate),
        async () => void (await import((await build({ ...options, outputDir: out("entry"), bundle: false })).file)),
        async () => void writeTypes({ pluginDirs: [pluginDir], out: `${out("types")}/hotswap.d.ts` }),
      ];
      let refusal: unknown;
      for (const way of ways) {
        try {
          await way();
        } catch (error) {
          if (!isRefusal(error)) throw error;
          refusal = error;
        }
        if (Reflect.get(globalThis, "PWNED") !== undefined)
          throw new Broken(`code ran from ${JSON.stringify([plugin, file])}`);
      }
      await rm(project.path(folder), { recursive: true });
      if (refusal !== undefined) throw refusal;
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

function name(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () =>
    random.next() < 0.5 ? random.pick(payloads) : random.text(1 + random.below(6)),
  );
  const whole = parts.join("").replaceAll("/", "_").replaceAll("\0", "").toWellFormed();
  return whole === "" || whole === "." || whole === ".." ? "x" : whole;
}

async function hosted(dir: string, root: string): Promise<void> {
  await using swapper = new PluginManagerSwapper(dir, { root, logger: new RecordingLogger() });
  await swapper.loadPlugins();
  checkWorking(swapper);
}

async function linkedIn(aggregate: string): Promise<void> {
  const { staticPlugins } = (await import(aggregate)) as { staticPlugins: Record<string, StaticPlugin> };
  await using swapper = new PluginManagerSwapper("", { staticPlugins, logger: new RecordingLogger() });
  await swapper.loadPlugins();
  checkWorking(swapper);
}

function checkWorking({ current }: PluginManagerSwapper): void {
  const [plugin] = current?.plugins ?? [];
  const live = current?.vault.liveFuncs.get("live_one") as (() => unknown) | undefined;
  if (plugin?.invokeFunc("version") !== 1 || live?.() !== 1) throw new Broken("the plugin does not do what it should");
}
