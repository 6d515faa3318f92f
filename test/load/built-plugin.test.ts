import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createBuilder, type MemoryBuild, type MemoryBuilder } from "../../src/build/index.ts";
import { bodyGlobals } from "../../src/load/bodies.ts";
import { type LoadOptions, loadArtifact } from "../../src/load/load.ts";
import type { LoadedCode } from "../../src/load/loaded-code.ts";
import { ArtifactCache } from "../../src/load/copies/artifact-cache.ts";
import { HostModules } from "../../src/load/host-modules.ts";
import { UncaughtErrors } from "../../src/load/uncaught.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject, type Files, type Project } from "../support/project.ts";

const index = (code: string): string =>
  `import { definePlugin } from "hotswap";\n${code}\nexport default definePlugin({});\n`;

const files: Files = {
  "plugin/alpha/index.ts": index(
    `import { deep } from "./deep";\nexport const result = (): unknown => deep();\nexport const fail = (): never => {\n  throw new Error("here");\n};`,
  ),
  "plugin/alpha/deep.ts": `/** Lines that are gone when it is printed. */\ninterface Gone { readonly a: string }\nexport const deep = (): string => "one";\n`,
};

function builderOf(project: Project): MemoryBuilder {
  return createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out });
}

/** Everything that a load needs, in a host that has only this plugin. */
function optionsOf(project: Project): LoadOptions {
  const logger = new RecordingLogger();
  return {
    cache: new ArtifactCache(logger),
    hostModules: new HostModules(project.root),
    root: project.root,
    errors: new UncaughtErrors({
      plugin: "alpha",
      generation: 1,
      logger,
      onPluginError: undefined,
      observer: { countUncaught() {}, describe() {} },
    }),
    hookTimeout: 5000,
    watch: () => undefined,
  };
}

async function load(project: Project, { artifact }: MemoryBuild): Promise<LoadedCode> {
  return loadArtifact(artifact, optionsOf(project));
}

function call(code: LoadedCode, name: string): unknown {
  return (code.rootModule[name] as () => unknown)();
}

/** Waits until it is so, for ten seconds at the most. */
async function until(isSo: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !isSo(); await Bun.sleep(5)) {
    if (performance.now() > end) throw new Error("it never was so");
  }
}

describe("17.1 what was built in the host's own process", () => {
  test("is loaded and loaded again without a file being written", async () => {
    await using project = await createProject(files);
    const builder = builderOf(project);
    const first = await load(project, await builder.buildInMemory());
    expect(call(first, "result")).toBe("one");
    await project.write({ "plugin/alpha/deep.ts": `export const deep = (): string => "two";\n` });
    const second = await load(project, await builder.buildInMemory());
    expect([call(first, "result"), call(second, "result")]).toEqual(["one", "two"]);
    expect(second.hash).not.toBe(first.hash);
    expect(readdirSync(project.out)).toEqual([]);
    const ownFolders = readdirSync("/tmp").filter((name) => name.startsWith(`hotswap-${process.pid}.`));
    // The folder from which imports are resolved has no code.
    expect(ownFolders.filter((name) => !name.includes("-resolve-"))).toEqual([]);
    for (const code of [first, second]) {
      code.context.dispose();
      await code.release();
    }
  });

  test("2.8 has stack traces that name the source's path and line, before and after an edit that moves lines", async () => {
    await using project = await createProject(files);
    const builder = builderOf(project);
    const place = (code: LoadedCode): string | undefined => {
      try {
        return String(call(code, "fail"));
      } catch (error) {
        return /\S+:\d+(?=:\d+\))/.exec((error as Error).stack ?? "")?.[0].slice(1);
      }
    };
    const path = project.path("plugin/alpha/index.ts");
    const moved = async (lines: number): Promise<LoadedCode> => {
      const text = "\n".repeat(lines) + String(files["plugin/alpha/index.ts"]);
      await project.write({ "plugin/alpha/index.ts": text });
      return load(project, await builder.buildInMemory());
    };
    const first = await moved(2);
    // The first map of a process is made a moment after the first load.
    await until(() => place(first) === `${path}:7`);
    expect(place(await moved(5))).toBe(`${path}:10`);
  });

  test("2.8 has stack traces that name the source's line for as long as the plugin lives, whatever is collected meanwhile", async () => {
    await using project = await createProject(files);
    const deep = `type A = 1;\ntype B = 2;\ntype C = 3;\nexport const deep = (): string => String(new Error().stack);\n`;
    await project.write({ "plugin/alpha/deep.ts": deep });
    const code = await load(project, await builderOf(project).buildInMemory());
    const place = `${project.path("plugin/alpha/deep.ts")}:4:`;
    await until(() => String(call(code, "result")).includes(place));
    for (let round = 0; round < 20; round++) {
      await new Promise((resolve) => setImmediate(resolve));
      Bun.gc(true);
    }
    expect(call(code, "result")).toContain(place);
  });

  test("2.8 names the place of what throws while it is evaluated", async () => {
    await using project = await createProject({
      ...files,
      "plugin/alpha/deep.ts": `type A = 1;\n\nif (Date.now() > 0) throw new Error("no");\nexport const deep = (): string => "";`,
    });
    const error = (await load(project, await builderOf(project).buildInMemory()).catch(
      (reason: unknown) => reason,
    )) as Error;
    expect((error.cause as Error).stack).toContain(`${project.path("plugin/alpha/deep.ts")}:3:`);
  });

  test("looks at nothing but what is said to have changed, and then at everything that has to do with it", async () => {
    await using project = await createProject(files);
    const builder = builderOf(project);
    const [entry, deep, more] = ["index.ts", "deep.ts", "more.ts"].map((name) => project.path(`plugin/alpha/${name}`));
    const result = async (...changed: (string | undefined)[]): Promise<unknown> => {
      const built = await builder.buildInMemory(changed.filter((path) => path !== undefined));
      return call(await load(project, built), "result");
    };
    const root = String(files["plugin/alpha/index.ts"]);
    await builder.buildInMemory();
    await project.write({
      "plugin/alpha/index.ts": root.replace("=> deep()", "=> [deep()]"),
      "plugin/alpha/deep.ts": `export const deep = (): string => "two";\n`,
    });
    expect(await result(entry)).toEqual(["one"]);
    expect(await result(deep)).toEqual(["two"]);
    await project.write({
      "plugin/alpha/deep.ts": `export { more as deep } from "./more";\n`,
      "plugin/alpha/more.ts": `export const more = (): string => "three";\n`,
    });
    expect(await result(deep, more)).toEqual(["three"]);
    await project.remove("plugin/alpha/more.ts");
    await expect(builder.buildInMemory([more ?? ""])).rejects.toThrow("./more");
    await project.write({ "plugin/alpha/deep.ts": `export const deep = (): string => "four";\n` });
    expect(await result(deep)).toEqual(["four"]);
  });

  test("does not forget what changed while the bundler had to help", async () => {
    await using project = await createProject({
      ...files,
      "plugin/alpha/work.ts": "postMessage(1);\n",
    });
    const builder = builderOf(project);
    const [entry, deep] = ["index.ts", "deep.ts"].map((name) => project.path(`plugin/alpha/${name}`));
    const root = String(files["plugin/alpha/index.ts"]);
    await builder.buildInMemory();
    await project.write({
      "plugin/alpha/index.ts": root.replace(
        "=> deep()",
        '=> [deep(), new Worker(new URL("./work.ts", import.meta.url))].length',
      ),
      "plugin/alpha/deep.ts": `export const deep = (): string => "two";\n`,
    });
    expect((await builder.buildInMemory([entry ?? "", deep ?? ""])).bundled).not.toEqual([]);
    await project.write({ "plugin/alpha/index.ts": root });
    const built = await builder.buildInMemory([entry ?? ""]);
    expect([built.bundled, call(await load(project, built), "result")]).toEqual([[], "two"]);
  });

  test("shares its code with the generation before where nothing changed, and nothing else", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": index(
        `import { count, Kind } from "./state";\nexport const result = (): unknown => [count(), Kind];`,
      ),
      "plugin/alpha/state.ts": `let n = 0;\nexport class Kind { static readonly seen = new Set<number>(); }\nexport const count = (): number => (Kind.seen.add(++n), Kind.seen.size);\n`,
    });
    const builder = builderOf(project);
    const first = await load(project, await builder.buildInMemory());
    call(first, "result");
    const second = await load(project, await builder.buildInMemory());
    const [older, newer] = [first, second].map((code) => call(code, "result") as [count: number, Kind: object]);
    expect([older?.[0], newer?.[0]]).toEqual([2, 1]);
    expect(older?.[1]).not.toBe(newer?.[1]);
  });

  test("leaves a file to whoever else imports it", async () => {
    await using project = await createProject(files);
    await load(project, await builderOf(project).buildInMemory());
    const native = (await import(project.path("plugin/alpha/deep.ts"))) as { deep(): string };
    expect(native.deep()).toBe("one");
  });

  test("sees what bundled modules see in place of Response and ReadableStream, whether ES module or CommonJS", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": index(
        `import common from "./common.cjs";\nexport const result = (): unknown => [Response, ReadableStream, ...common];`,
      ),
      "plugin/alpha/common.cjs": `module.exports = [Response, ReadableStream];`,
    });
    const code = await load(project, await builderOf(project).buildInMemory());
    const given = [bodyGlobals.Response, bodyGlobals.ReadableStream];
    const seen = call(code, "result") as unknown[];
    expect(seen.map((global, at) => global === given[at % 2])).toEqual([true, true, true, true]);
    expect(given).not.toContain(Response);
  });

  test("may have a Response of its own", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": index(
        `import { ReadableStream } from "./deep";\nclass Response { own = true }\nexport const result = (): unknown => [new Response(), ReadableStream];`,
      ),
      "plugin/alpha/deep.ts": `export const ReadableStream = "mine";`,
    });
    const code = await load(project, await builderOf(project).buildInMemory());
    expect(call(code, "result")).toEqual([{ own: true }, "mine"]);
  });

  test("is refused with what a build says", async () => {
    await using project = await createProject({ ...files, "plugin/alpha/deep.ts": `export const deep = ;` });
    await expect(builderOf(project).buildInMemory()).rejects.toThrow("Unexpected ;");
  });
});
