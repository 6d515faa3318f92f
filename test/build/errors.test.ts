import { describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build, BuildError, formatDiagnostic } from "../../src/build/index.ts";
import { HotswapError } from "../../src/errors.ts";
import { createProject, type Project } from "../support/project.ts";
import { buildFailure, complaints } from "./support/build-failure.ts";

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

/** The error of a build with an option that cannot be used. */
async function optionError(project: Project, options: Parameters<Project["build"]>[1]): Promise<HotswapError> {
  const error = await project.build("alpha", options).catch((reason: unknown) => reason);
  if (!(error instanceof HotswapError)) throw new Error("the build succeeded");
  expect(error.code).toBe("HOTSWAP_BUILD_FAILED");
  return error;
}

describe("9 a build error", () => {
  test("says file, line and column, shows the lines with a caret, and has the same as data", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `${definition}import { a } from "./lib.ts";\nconsole.log(a);\n`,
      "plugin/alpha/lib.ts": `const 日本 = "語";\nexport const a =\n\tlet + "日本" + ;\nexport const b = 1;\n`,
    });
    const error = await buildFailure(project, "alpha");
    expect(error).toBeInstanceOf(HotswapError);
    expect(error).toMatchObject({ code: "HOTSWAP_BUILD_FAILED", plugin: "alpha" });
    const [diagnostic] = error.diagnostics;
    expect(diagnostic).toMatchObject({ file: project.path("plugin/alpha/lib.ts"), line: 3, column: 15 });
    expect(diagnostic?.frame.split("\n")).toEqual([
      '  1 | const 日本 = "語";',
      "  2 | export const a =",
      '> 3 | \tlet + "日本" + ;',
      // Each of these characters is as wide as two.
      "    | \t               ^",
      "  4 | export const b = 1;",
    ]);
    const shown = formatDiagnostic(diagnostic ?? { file: "", line: 0, column: 0, message: "", frame: "" });
    expect(shown).toMatch(/^(\.\.\/)*.*plugin\/alpha\/lib\.ts:3:15: /);
    expect(error.message).toBe(`alpha: 1 error\n\n${shown}`);
  });

  test("names every problem at once: of the bundler, the definition, the live names and the imports", async () => {
    await using project = await createProject({
      "plugin/beta/index.ts": definition,
      "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";
import { nothing } from "./nowhere.ts";
import { missing } from "no-such-package";
import beta from "../beta";
export const live_five = 5;
console.log(nothing, missing, beta);
export default definePlugin({ onload() {} });
`,
      "plugin/alpha/unused.ts": "export const live_six = 6;",
    });
    expect(await complaints(project, "alpha")).toEqual([
      expect.stringContaining('index.ts:2:25 Could not resolve: "./nowhere.ts"'),
      expect.stringContaining('index.ts:3:25 Could not resolve: "no-such-package"'),
      expect.stringContaining('index.ts:4:18 "../beta" belongs to the plugin'),
      expect.stringContaining('index.ts:5:14 "live_five" begins with the live prefix'),
      expect.stringContaining('index.ts:7:31 "onload" is not a hook'),
      expect.stringContaining('unused.ts:1:14 "live_six" begins with the live prefix'),
    ]);
    const { message, diagnostics } = await buildFailure(project, "alpha");
    expect(message).toStartWith("alpha: 6 errors\n\n");
    // What loading would find, too, has the code that it would have there.
    expect(diagnostics.map(({ code }) => code)).toEqual([
      undefined,
      undefined,
      "HOTSWAP_INVALID_IMPORT",
      undefined,
      "HOTSWAP_INVALID_HOOK",
      undefined,
    ]);
  });

  test("leaves the earlier artifact untouched and no other file", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition });
    const { file } = await project.build("alpha");
    const before = await readFile(file);
    await project.write({ "plugin/alpha/index.ts": "export default definePlugin({" });
    await buildFailure(project, "alpha");
    expect(await readFile(file)).toEqual(before);
    expect(await readdir(project.out)).toEqual(["alpha.js"]);
    expect((await readdir(project.path("plugin/alpha"))).toSorted()).toEqual(["index.ts"]);
  });

  test("is gone as soon as the source is right again, in the same process", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": `${definition}export const a = ;` });
    expect(await complaints(project, "alpha")).toHaveLength(1);
    await project.write({ "plugin/alpha/index.ts": `${definition}export const a = 1;` });
    expect((await project.build("alpha")).manifest.name).toBe("alpha");
    await project.write({ "plugin/alpha/index.ts": `${definition}export const a = ;;` });
    expect(await complaints(project, "alpha")).toHaveLength(1);
  });

  test("of a host module is not looked for: its code is not bundled", async () => {
    await using project = await createProject({
      "plugin/alpha/index.ts": `import { a } from "../../host.ts";\nconsole.log(a);\n${definition}`,
      "host.ts": "export const a = ;",
    });
    expect((await project.build("alpha")).manifest.hostModules[0]?.specifier).toBe("./host.ts");
  });
});

describe("9 an option that cannot be used is one clear error", () => {
  test("folders", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition, "plugin/empty/notes.md": "" });
    await writeFile(project.path("file"), "");
    const cases = [
      [{ pluginDir: project.path("plugin/nowhere") }, /the plugin folder .*nowhere does not exist/],
      [{ pluginDir: project.path("plugin/alpha/index.ts") }, /the plugin folder .*index\.ts is not a folder/],
      [
        { pluginDir: project.path("plugin/empty") },
        /plugin\/empty is not a plugin: it has no root module; add an index\.ts/,
      ],
      [{ pluginDir: "" }, /the plugin folder "" does not exist/],
      [{ pluginDir: "/" }, /cannot be the name of a plugin/],
      [{ outputDir: project.path("file") }, /the output folder .*file is a file/],
      [{ root: project.path("nowhere") }, /the root .*nowhere does not exist/],
    ] as const;
    for (const [options, message] of cases) expect((await optionError(project, options)).message).toMatch(message);
    expect(await readdir(project.out)).toEqual([]);
  });

  test("a folder whose name begins with a dot", async () => {
    await using project = await createProject({ ".alpha/index.ts": definition });
    const building = build({ pluginDir: project.path(".alpha"), outputDir: project.out });
    await expect(building).rejects.toThrow('".alpha" cannot be the name of a plugin');
  });

  test("a live prefix that is empty, or cannot begin a name", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition });
    expect((await optionError(project, { livePrefix: "" })).message).toContain("the live prefix is empty");
    for (const livePrefix of ["1st", "a-b", "."]) {
      expect((await optionError(project, { livePrefix })).message).toContain(`"${livePrefix}" cannot begin a name`);
    }
  });

  test("regular expressions", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition });
    expect((await optionError(project, { include: "(" })).message).toMatch(/^--include is not a regular expression/);
    expect((await optionError(project, { include: ".", exclude: "[" })).message).toMatch(
      /^--exclude is not a regular expression/,
    );
    expect((await optionError(project, { include: "" })).message).toMatch(/^--include is empty/);
    expect((await optionError(project, { exclude: "a" })).message).toMatch(
      /^--exclude has no effect without --include/,
    );
  });

  test("options that contradict each other", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition });
    expect((await optionError(project, { bundle: false, leaveTemps: true })).message).toContain("--leaveTemps");
    expect((await optionError(project, { bundle: false, buildFlags: ["--minify"] })).message).toContain("--minify");
  });

  test("a project without package.json", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": definition });
    await project.remove("package.json");
    expect((await optionError(project, {})).message).toMatch(/^there is no package\.json in .*plugin or above it/);
    const { manifest } = await project.build("alpha", { root: project.root });
    expect(manifest.hostModules.map(({ specifier }) => specifier)).toEqual(["hotswap"]);
  });
});

test("9 leaveTemps keeps the intermediate files and names their folder; without it there are none", async () => {
  await using project = await createProject({ "plugin/alpha/index.ts": `${definition}export function live_a() {}` });
  expect((await project.build("alpha")).temps).toBeUndefined();
  const { temps = "" } = await project.build("alpha", { leaveTemps: true });
  try {
    expect((await readdir(temps)).toSorted()).toEqual(["bundle.js", "entry.ts", "manifest.json"]);
    expect(await readFile(join(temps, "entry.ts"), "utf8")).toContain("live_a");
    expect(await readFile(join(temps, "bundle.js"), "utf8")).toContain("hotswap-host-module:");
  } finally {
    await (await import("node:fs/promises")).rm(temps, { recursive: true });
  }
});

test("9 bundle: false writes the generated code and stops", async () => {
  await using project = await createProject({
    "plugin/alpha/index.ts": `${definition}export const mark = 3;`,
    "plugin/alpha/jobs.ts": "export function live_job() { return 4; }",
  });
  const result = await project.build("alpha", { bundle: false });
  expect(result.file).toBe(project.path("bin/alpha.entry.ts"));
  expect(await readdir(project.out)).toEqual(["alpha.entry.ts"]);
  const code = (await import(result.file)) as Record<string, { funcs: { live_job(): number } }>;
  expect(code["mark"] as unknown).toBe(3);
  expect(code["__hotswap_live__"]?.funcs.live_job()).toBe(4);
});

test("a BuildError is one that a caller can tell from others", () => {
  const error = new BuildError("alpha", []);
  expect([error instanceof HotswapError, error.name, error.code]).toEqual([
    true,
    "HotswapError",
    "HOTSWAP_BUILD_FAILED",
  ]);
});
