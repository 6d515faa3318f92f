import { mkdirSync } from "node:fs";
import { expect, test } from "bun:test";
import { HotswapError, PluginManagerSwapper, type StaticPlugin } from "hotswap";
import { buildStatic } from "../../../src/build/emit/static/build-static.ts";
import { writeTypes } from "../../../src/build/emit/types/write-types.ts";
import { build, createBuilder } from "../../../src/build/index.ts";
import { hotswapError } from "../../support/host.ts";
import { RecordingLogger } from "../../support/logger.ts";
import { createProject, type Project } from "../../support/project.ts";

/** Names of folders and files that would be code, or the end of a text or comment, where somebody forgot to quote them. */
const names = [
  'a"b',
  "a'b",
  'x.static.js"; globalThis.PWNED = 1; "',
  "`${globalThis.PWNED = 1}`",
  "${globalThis.PWNED = 1}",
  "<script>",
  "__proto__",
  "constructor",
  "a b",
  "a\u0001\u001B[31mb",
];

/** Names that no code can hold as they are. */
const refused = [
  "a\nglobalThis.PWNED = 1;",
  "a\rglobalThis.PWNED = 1;",
  "a\u2028globalThis.PWNED = 1;",
  "a\u2029globalThis.PWNED = 1;",
  "a\\",
  "a?b",
];

const pwned = (): unknown => Reflect.get(globalThis, "PWNED");

/** A plugin in a folder of this name, with a module and a carried file of this name. */
async function projectWith(name: string): Promise<Project> {
  const project = await createProject();
  mkdirSync(project.path("static"));
  await project.write({
    [`plugin/${name}/index.ts`]: `import { asset, definePlugin } from "hotswap";
      export default definePlugin({ functions: { text: () => asset(${JSON.stringify(`${name}.txt`)}).text() } });`,
    [`plugin/${name}/${name}.ts`]: `export function live_one() { return ${JSON.stringify(name)}; }`,
    [`plugin/${name}/${name}.txt`]: name,
  });
  return project;
}

/** What the plugin does in a host, or the error that says why it cannot be built. */
async function outcomeOf(name: string, load: () => Promise<PluginManagerSwapper>): Promise<unknown> {
  let swapper: PluginManagerSwapper;
  try {
    swapper = await load();
    await swapper.loadPlugins();
  } catch (error) {
    if (error instanceof HotswapError) return error.code;
    throw error;
  }
  await using current = swapper;
  const live = current.current?.vault.liveFuncs.get("live_one") as (() => unknown) | undefined;
  return [current.current?.findPlugin(name)?.invokeFunc("text"), live?.()];
}

test.each(names)("%j is a name and nothing else, in every kind of generated code", async (name) => {
  await using project = await projectWith(name);
  const logger = new RecordingLogger();
  const pluginDir = project.path("plugin", name);
  const options = { pluginDir, include: "txt$", root: project.root };
  const hosted = (dir: string) => new PluginManagerSwapper(project.path(dir), { logger, root: project.root });
  const outcomes: Record<string, unknown> = {
    bundled: await outcomeOf(name, async () => {
      await build({ ...options, outputDir: project.path("bin-bundled") });
      return hosted("bin-bundled");
    }),
    apart: await outcomeOf(name, async () => {
      await createBuilder({ ...options, outputDir: project.path("bin-apart") }).build();
      return hosted("bin-apart");
    }),
    static: await outcomeOf(name, async () => {
      const { aggregate } = await buildStatic({ ...options, outputDir: project.path("static") });
      const { staticPlugins } = (await import(aggregate)) as { staticPlugins: Record<string, StaticPlugin> };
      return new PluginManagerSwapper("", { logger, staticPlugins });
    }),
  };
  expect(pwned()).toBeUndefined();
  expect(outcomes).toEqual({ bundled: [name, name], apart: [name, name], static: [name, name] });
  const entry = await build({ ...options, outputDir: project.path("entry"), bundle: false });
  const { file: types } = writeTypes({ pluginDirs: [pluginDir], out: project.path("hotswap.d.ts") });
  for (const file of [entry.file, types]) {
    // It can be parsed, and whatever is written in it is a declaration, an import or an export.
    const code = new Bun.Transpiler({ loader: "ts" }).transformSync(await Bun.file(file).text());
    expect(code).not.toMatch(/^\s*globalThis/m);
  }
  expect(pwned()).toBeUndefined();
});

test.each(refused)("%j is refused wherever it would come into code", async (name) => {
  await using project = await projectWith(name);
  const root = project.root;
  const message =
    "has a line break, a backslash or a question mark in a name, which generated code cannot hold: rename it";
  await project.write({
    "plugin/good/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({});`,
    [`plugin/module/${name}.ts`]: "export const one = 1;",
    "plugin/module/index.ts": `export { default } from "../good/index";`,
    [`plugin/folder/${name}/one.ts`]: "export const one = 1;",
    "plugin/folder/index.ts": `export { default } from "../good/index";`,
    [`plugin/carried/${name}.txt`]: "one",
    "plugin/carried/index.ts": `import { definePlugin } from "hotswap"; export default definePlugin({});`,
  });
  for (const plugin of [name, "module", "folder", "carried"]) {
    const options = {
      pluginDir: project.path("plugin", plugin),
      outputDir: project.path("static"),
      include: "txt$",
      root,
    };
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => build(options),
      async () => createBuilder(options).build(),
      () => buildStatic(options),
      () => build({ ...options, bundle: false }),
    ];
    for (const attempt of attempts) {
      const error = await hotswapError(attempt());
      expect(error.code).toBe("HOTSWAP_BUILD_FAILED");
      expect(error.message).toContain(message);
    }
  }
});

test("what ends a comment that the bundler makes of a path runs nothing", async () => {
  await using project = await createProject({
    "plugin/x*/index.ts": `import { definePlugin } from "hotswap"; import "./globalThis.PWNED=1;/*/one"; export default definePlugin({});`,
    "plugin/x*/globalThis.PWNED=1;/*/one.ts": "console.log;",
  });
  await using swapper = new PluginManagerSwapper(project.out, { logger: new RecordingLogger(), root: project.root });
  await project.build("x*");
  await swapper.loadPlugins();
  expect(pwned()).toBeUndefined();
});
