import { describe, expect, test } from "bun:test";
import { mkdir, rm, symlink } from "node:fs/promises";
import { createProject, type Files, type Project } from "../../support/project.ts";
import { importInHost, type RunningArtifact, runArtifact } from "../support/run-artifact.ts";

/** A plugin whose root module has this code before its definition. */
function plugin(code: string): string {
  return `import { definePlugin } from "hotswap";\n${code}\nexport default definePlugin({});\n`;
}

async function run(project: Project, buildFlags: string[] = []): Promise<RunningArtifact> {
  return runArtifact(project, await project.build("alpha", { buildFlags }));
}

async function hostModules(project: Project, buildFlags: string[] = []): Promise<string[]> {
  const { manifest } = await project.build("alpha", { buildFlags });
  return manifest.hostModules.map(({ specifier }) => specifier).filter((specifier) => specifier !== "hotswap");
}

const counter: Files = {
  "host/counter.ts": `export let count = 0;
export const step = 1;
export default function increment(): number { return (count += step); }
export { count as total };
`,
};

describe("2.4 what is outside the plugin's folder is the host's", () => {
  test("one instance, shared by the host and two generations; what is inside is private to each", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import { shared } from "../../shared.ts";
        import { own } from "./own.ts";
        export { shared, own };`),
      "plugin/alpha/own.ts": "export const own = { mark: 0 };",
      "shared.ts": "export const shared = { mark: 0 };",
    });
    const host = await importInHost(project, "shared.ts");
    using first = await run(project);
    using second = await run(project);
    expect(first.exports["shared"]).toBe(host["shared"]);
    expect(second.exports["shared"]).toBe(host["shared"]);
    expect(first.exports["own"]).not.toBe(second.exports["own"]);
  });

  test("every form of import reaches it: named, renamed, default, namespace, dynamic, re-export, require", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import store, { get as read, "odd name" as odd } from "../../store";
        import * as all from "../../store.ts";
        import "../../effect.ts";
        export { put } from "../../store.js";
        export * as everything from "../../store.ts";
        export const forms = { store, read, odd, all };
        export const lazy = () => import("../../lazy.ts");
        export const required = () => require("../../store.ts");`),
      "store.ts": `const odd = 3; export { odd as "odd name" };
        export const get = () => 1; export const put = () => 2; export default { get, put };`,
      "effect.ts": "(globalThis as Record<string, unknown>)['effects'] = 1; export {};",
      "lazy.ts": "export const late = 7;",
    });
    for (const flags of [[], ["--minify"]]) {
      using running = await run(project, flags);
      const store = await importInHost(project, "store.ts");
      const { forms, put, everything } = running.exports as Record<
        "forms" | "put" | "everything",
        Record<string, unknown>
      >;
      expect(forms["store"]).toBe(store["default"]);
      expect(forms["read"]).toBe(store["get"]);
      expect(forms["odd"]).toBe(3);
      expect(forms["all"]).toHaveProperty("put", store["put"]);
      expect(put as unknown).toBe(store["put"]);
      expect(everything["get"]).toBe(store["get"]);
      expect(await running.call("lazy")).toMatchObject({ late: 7 });
      expect((running.call("required") as Record<string, unknown>)["get"]).toBe(store["get"]);
      expect((running.call("required") as Record<string, unknown>)["default"]).toBe(store["default"]);
    }
    const { manifest } = await project.build("alpha");
    expect(manifest.hostModules).toEqual([
      { specifier: "./effect.ts", names: [], lazy: false },
      { specifier: "./lazy.ts", names: [], lazy: true },
      { specifier: "./store.ts", names: ["default", "get", "odd name", "put"], lazy: false },
      { specifier: "hotswap", names: ["definePlugin"], lazy: false },
    ]);
  });

  test("a long import over several lines leaves lines and columns as they were", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `name${index}`);
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import {\n${names.map((name) => `  ${name},\n`).join("")}} from "../../names.ts";
export function fail(): never {
  throw new Error(String(${names.join(" + ")}));
}`),
      "names.ts": names.map((name) => `export const ${name} = 1;`).join("\n"),
    });
    using running = await run(project);
    const error = await Promise.try(() => running.call("fail")).catch((reason: Error) => reason);
    expect((error as Error).message).toBe("12");
    expect((error as Error).stack).toContain("plugin/alpha/index.ts:17:13");
  });

  test("builtin modules stay what they are", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import fs from "fs";
        import { join } from "node:path";
        import { Database } from "bun:sqlite";
        import { $ } from "bun";
        export const used = [typeof fs.readFileSync, typeof join, typeof Database, typeof $];
        export const later = async () => typeof (await import("node:os")).cpus;`),
    });
    using running = await run(project);
    expect(running.exports["used"]).toEqual(["function", "function", "function", "function"]);
    expect(await running.call("later")).toBe("function");
    expect(await hostModules(project)).toEqual([]);
  });

  test("imports that the bundler drops ask nothing of the host", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import type { Shape } from "../../shapes.ts";
        import { OnlyAType, unused } from "../../shapes.ts";
        export const shape: Shape & OnlyAType = {};`),
      "shapes.ts": "export interface Shape {} export interface OnlyAType {} export const unused = 1;",
    });
    expect(await hostModules(project)).toEqual([]);
  });
});

describe("2.4 a binding of the host that changes is seen as it changes", () => {
  const view = (code: string): Files => ({ ...counter, "plugin/alpha/index.ts": plugin(code) });

  test.each([[[]], [["--minify"]]])("export let, a default export and an alias, with %p", async (flags) => {
    await using project = await createProject(
      view(`import increment, { count, step, total } from "../../host/counter.ts";
        export const read = () => [count, total, step];
        export { increment };`),
    );
    const host = await importInHost(project, "host/counter.ts");
    using running = await run(project, flags);
    expect(running.call("read")).toEqual([0, 0, 1]);
    expect(running.exports["increment"]).toBe(host["default"]);
    (host["default"] as () => void)();
    expect(running.call("read")).toEqual([1, 1, 1]);
  });

  test("through re-exports of the host, and through require()", async () => {
    await using project = await createProject({
      ...view(`import { renamed } from "../../host/barrel.ts";
        export const read = () => [renamed, require("../../host/counter.ts").count];`),
      "host/barrel.ts": `export * from "./second.ts";`,
      "host/second.ts": `import { count } from "./counter.ts"; export { count as renamed };`,
    });
    using running = await run(project);
    const host = await importInHost(project, "host/counter.ts");
    (host["default"] as () => void)();
    expect(running.call("read")).toEqual([1, 1]);
  });

  test("only where it is needed: what cannot change is bound directly", async () => {
    await using project = await createProject({
      ...view(`import { step } from "../../host/constant.ts";\nexport const read = () => step;`),
      "host/constant.ts": "export const step = 1;\nexport function next() {}",
    });
    const code = await Bun.file((await project.build("alpha")).file).text();
    expect(code).toContain("const { step } = __hotswap__.module(0)");
    expect(code).not.toContain("__hotswap__.live(");
  });

  test("in a module of the plugin that is not the root module", async () => {
    await using project = await createProject({
      ...view(`import { read } from "./deeper/reader.ts";\nexport { read };`),
      "plugin/alpha/deeper/reader.ts": `import { count } from "../../../host/counter.ts";\nexport const read = () => count;`,
    });
    using running = await run(project);
    ((await importInHost(project, "host/counter.ts"))["default"] as () => void)();
    expect(running.call("read")).toBe(1);
  });
});

describe("2.4 packages", () => {
  const packaged: Files = {
    "plugin/alpha/index.ts": plugin(
      `import { mark } from "dep";\nimport { deep } from "@scope/dep/deep";\nexport { mark, deep };`,
    ),
    "node_modules/dep/package.json": `{ "name": "dep", "main": "index.js" }`,
    "node_modules/dep/index.js": `import { inner } from "inner"; export const mark = { inner };`,
    "node_modules/inner/package.json": `{ "name": "inner", "main": "lib/index.js" }`,
    "node_modules/inner/lib/index.js": `export { inner } from "../src/inner.js";`,
    "node_modules/inner/src/inner.js": `export const inner = "inner";`,
    "node_modules/@scope/dep/package.json": `{ "name": "@scope/dep", "exports": { "./deep": "./deep.js" } }`,
    "node_modules/@scope/dep/deep.js": `export const deep = {};`,
  };

  test("of the project are the host's, named by their specifiers", async () => {
    await using project = await createProject();
    await project.write(packaged);
    expect(await hostModules(project)).toEqual(["@scope/dep/deep", "dep"]);
    using running = await run(project);
    expect(running.exports["mark"]).toBe((await importInHost(project, "node_modules/dep/index.js"))["mark"]);
  });

  test("reached by a path are files of the host like any other", async () => {
    await using project = await createProject();
    await project.write({
      ...packaged,
      "plugin/alpha/index.ts": plugin(`import { mark } from "../../node_modules/dep/index.js";\nexport { mark };`),
    });
    expect(await hostModules(project)).toEqual(["./node_modules/dep/index.js"]);
    using running = await run(project);
    expect(running.exports["mark"]).toBe((await importInHost(project, "node_modules/dep/index.js"))["mark"]);
  });

  test("in the plugin's own node_modules are the plugin's, and what they import of the project's is the host's", async () => {
    await using project = await createProject();
    await project.write({
      ...packaged,
      "plugin/alpha/node_modules/dep/package.json": `{ "name": "dep", "main": "lib/index.js" }`,
      "plugin/alpha/node_modules/dep/lib/index.js": `import { own } from "../own.js"; import { inner } from "inner"; export const mark = { own, inner };`,
      "plugin/alpha/node_modules/dep/own.js": `export const own = "own";`,
    });
    expect(await hostModules(project)).toEqual(["@scope/dep/deep", "inner"]);
    using running = await run(project);
    expect(running.exports["mark"]).toEqual({ own: "own", inner: "inner" });
  });

  test("linked into the plugin's own node_modules belong to whom the folder does that the link leads to: one instance", async () => {
    await using project = await createProject();
    await project.write({
      "plugin/alpha/index.ts": plugin(`import { mark } from "dep";\nexport { mark };`),
      "node_modules/.store/dep@1/node_modules/dep/package.json": `{ "name": "dep", "main": "index.js" }`,
      "node_modules/.store/dep@1/node_modules/dep/index.js": `import { inner } from "inner"; export const mark = inner;`,
      "node_modules/.store/dep@1/node_modules/inner/package.json": `{ "name": "inner", "main": "index.js" }`,
      "node_modules/.store/dep@1/node_modules/inner/index.js": `export const inner = "inner";`,
    });
    await mkdir(project.path("plugin/alpha/node_modules"));
    await symlink(
      project.path("node_modules/.store/dep@1/node_modules/dep"),
      project.path("plugin/alpha/node_modules/dep"),
    );
    const { manifest } = await project.build("alpha");
    expect(manifest.hostModules[0]).toEqual({ specifier: "dep", from: "plugin/alpha", names: ["mark"], lazy: false });
    using running = await run(project);
    expect(running.exports["mark"]).toBe("inner");
  });

  test("of a workspace are packages, although they are links to folders of the project", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import { shared } from "@work/shared";\nexport { shared };`),
      "packages/shared/package.json": `{ "name": "@work/shared", "main": "index.ts" }`,
      "packages/shared/index.ts": `export const shared = {};`,
    });
    await mkdir(project.path("node_modules/@work"), { recursive: true });
    await symlink(project.path("packages/shared"), project.path("node_modules/@work/shared"));
    expect(await hostModules(project)).toEqual(["@work/shared"]);
    using running = await run(project);
    expect(running.exports["shared"]).toBe((await importInHost(project, "packages/shared/index.ts"))["shared"]);
  });
});

describe("2.4 ways out of the folder that do not look like one", () => {
  test("a path alias of tsconfig.json leads to the host, or back into the plugin", async () => {
    await using project = await createProject({
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@host/*": ["./host/*"], "@alpha/*": ["./plugin/alpha/*"] } } }`,
      "plugin/alpha/index.ts": plugin(
        `import { step } from "@host/counter";\nimport { own } from "@alpha/own";\nexport { step, own };`,
      ),
      "plugin/alpha/own.ts": "export const own = {};",
      ...counter,
    });
    expect(await hostModules(project)).toEqual(["./host/counter.ts"]);
    using running = await run(project);
    expect(running.exports["step"]).toBe(1);
  });

  test("an import of package.json leads to the host", async () => {
    await using project = await createProject({
      "package.json": `{ "name": "sample", "type": "module", "imports": { "#counter": "./host/counter.ts" } }`,
      "plugin/alpha/index.ts": plugin(`import { step } from "#counter";\nexport { step };`),
      ...counter,
    });
    expect(await hostModules(project)).toEqual(["./host/counter.ts"]);
  });

  test("a path that goes out and back in stays in the plugin; one that goes in and out does not", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import { own } from "../alpha/own.ts";
        import { step } from "./lib/../../../host/counter.ts";
        export { own, step };`),
      "plugin/alpha/own.ts": "export const own = 1;",
      "plugin/alpha/lib/keep.ts": "export {};",
      ...counter,
    });
    expect(await hostModules(project)).toEqual(["./host/counter.ts"]);
  });

  test("a link in the folder to a file or folder outside of it leads to the host", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import { step } from "./linked/counter.ts";
        import { word } from "./word.ts";
        export { step, word };`),
      "word.ts": "export const word = {};",
      ...counter,
    });
    await symlink(project.path("host"), project.path("plugin/alpha/linked"));
    await symlink(project.path("word.ts"), project.path("plugin/alpha/word.ts"));
    expect(await hostModules(project)).toEqual(["./host/counter.ts", "./word.ts"]);
    using running = await run(project);
    expect(running.exports["word"]).toBe((await importInHost(project, "word.ts"))["word"]);
  });

  test("a path that is written with escape sequences, or put together by the bundler", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(String.raw`import { step } from "\u002e./../host/counter";
        export const load = () => import("../" + "../host/counter.ts");
        export { step };`),
      ...counter,
    });
    expect(await hostModules(project)).toEqual(["./host/counter.ts"]);
    using running = await run(project);
    expect(await running.call("load")).toBe(await importInHost(project, "host/counter.ts"));
  });

  test("a plugin folder that is itself a link is built as the folder it leads to, under the link's name", async () => {
    await using project = await createProject({
      "elsewhere/source/index.ts": plugin(`import { step } from "../../host/counter.ts";\nexport { step };`),
      ...counter,
    });
    await mkdir(project.path("plugin"));
    await symlink(project.path("elsewhere/source"), project.path("plugin/alpha"));
    expect(await hostModules(project)).toEqual(["./host/counter.ts"]);
  });
});

describe("modules of the host that come and go while the builder's process lives", () => {
  test("a file in a new folder is found, and one that was deleted is not", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": plugin(`import { late } from "../../later/module.ts";\nexport { late };`),
    });
    await expect(project.build("alpha")).rejects.toThrow('Could not resolve: "../../later/module.ts"');
    await project.write({ "later/module.ts": "export const late = 1;" });
    expect(await hostModules(project)).toEqual(["./later/module.ts"]);
    await rm(project.path("later"), { recursive: true });
    await expect(project.build("alpha")).rejects.toThrow('Could not resolve: "../../later/module.ts"');
  });
});
