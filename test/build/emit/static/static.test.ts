import { describe, expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildStatic, type StaticBuildOptions, type StaticBuildResult } from "../../../../src/build/index.ts";
import type { StaticPlugin } from "../../../../src/load/static.ts";
import { createProject, type Files, type Project } from "../../../support/project.ts";

const checkout = join(import.meta.dir, "..", "..", "..", "..");
const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

const files: Files = {
  "plugin/alpha/index.ts": `${definition}export const mark = "alpha";\nexport function live_alpha(n: number): number { return n + 1; }`,
  "plugin/alpha/types.tsx":
    "export class Live_Alpha { static version = 2; size = 1; }\nexport default function live_default() {}",
  "plugin/alpha/texts/note.md": "carried",
  "plugin/alpha/table.json": `{ "carried": true }`,
  "plugin/beta/index.mts": `${definition}export const mark = "beta";`,
  "plugin/plain-js/index.js": `${definition}export const mark = "js";`,
  "linked/.keep": "",
};

function link(project: Project, name: string, options: Partial<StaticBuildOptions> = {}): Promise<StaticBuildResult> {
  return buildStatic({ pluginDir: project.path("plugin", name), outputDir: project.path("linked"), ...options });
}

async function staticPlugins(project: Project, folder = "linked"): Promise<Record<string, StaticPlugin>> {
  const module = (await import(`${project.path(folder, "index.ts")}?${Math.random()}`)) as {
    staticPlugins: Record<string, StaticPlugin>;
  };
  return module.staticPlugins;
}

async function refusal(building: Promise<unknown>): Promise<string> {
  const error = await building.catch((reason: unknown) => reason);
  if (!(error instanceof Error)) throw new Error("it was accepted");
  return error.message;
}

describe("10.1 code for static linking", () => {
  test("registers the plugin's real modules, its live things and its carried files", async () => {
    await using project = await createProject(files);
    const result = await link(project, "alpha", { include: "md$|json$" });
    expect(result).toMatchObject({
      name: "alpha",
      file: project.path("linked/alpha.static.ts"),
      aggregate: project.path("linked/index.ts"),
      plugins: ["alpha"],
      liveFuncs: ["live_alpha", "live_default"],
      liveTypes: ["Live_Alpha"],
      assets: ["table.json", "texts/note.md"],
      warnings: [],
    });
    const { alpha } = await staticPlugins(project);
    const source = (await import(project.path("plugin/alpha/index.ts"))) as Record<string, unknown>;
    expect(alpha?.module["mark"]).toBe("alpha");
    expect(alpha?.liveFuncs?.["live_alpha"] as unknown).toBe(source["live_alpha"]);
    expect(alpha?.liveTypes?.["Live_Alpha"]?.name).toBe("Live_Alpha");
    expect(alpha?.assets).toEqual({
      "table.json": project.path("plugin/alpha/table.json"),
      "texts/note.md": project.path("plugin/alpha/texts/note.md"),
    });
  });

  test("collects all plugins that were generated in that folder so far, by name", async () => {
    await using project = await createProject(files);
    await link(project, "plain-js");
    await link(project, "alpha");
    expect(await link(project, "beta")).toMatchObject({ plugins: ["alpha", "beta", "plain-js"] });
    const plugins = await staticPlugins(project);
    expect(Object.entries(plugins).map(([name, { module }]) => [name, module["mark"]])).toEqual([
      ["alpha", "alpha"],
      ["beta", "beta"],
      ["plain-js", "js"],
    ]);
  });

  test("may stand in the folder of the plugins, and is the same when it is generated again", async () => {
    await using project = await createProject(files);
    const outputDir = project.path("plugin");
    await link(project, "alpha", { outputDir });
    const { mtimeMs } = await Bun.file(project.path("plugin/index.ts")).stat();
    await link(project, "alpha", { outputDir });
    expect((await Bun.file(project.path("plugin/index.ts")).stat()).mtimeMs).toBe(mtimeMs);
    expect(Object.keys(await staticPlugins(project, "plugin"))).toEqual(["alpha"]);
  });

  test.each(["bundler", "nodenext"])("passes strict TypeScript under module resolution %s", async (resolution) => {
    await using project = await createProject(files);
    await link(project, "alpha", { include: "md$|json$" });
    await link(project, "beta");
    await link(project, "plain-js");
    const compilerOptions = {
      strict: true,
      target: "esnext",
      lib: ["esnext"],
      module: resolution === "bundler" ? "preserve" : "nodenext",
      moduleResolution: resolution,
      jsx: "react-jsx",
      resolveJsonModule: true,
      verbatimModuleSyntax: true,
      isolatedModules: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      noUnusedLocals: true,
      skipLibCheck: true,
      noEmit: true,
      types: [join(checkout, "node_modules/bun-types")],
      // The package is its TypeScript source; where it is a link, its files are not taken for a package's.
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
    };
    await project.write({
      "host.ts": `import { PluginManagerSwapper } from "hotswap";\nimport { staticPlugins } from "./linked/index.js";\nexport const swapper = new PluginManagerSwapper("", { staticPlugins });\n`,
      "tsconfig.json": JSON.stringify({ compilerOptions, files: ["host.ts"] }),
    });
    const { stdout } = Bun.spawnSync([join(checkout, "node_modules/.bin/tsc"), "-p", project.root], {
      cwd: project.root,
    });
    const complaints = stdout
      .toString()
      .split("\n")
      .filter((line) => line.includes("error TS") && !line.includes(`${checkout}/src/`.slice(1)));
    expect(complaints).toEqual([]);
  });

  test("checks the plugin as a build does, and writes nothing when something is wrong", async () => {
    await using project = await createProject({
      ...files,
      "plugin/alpha/wrong.ts": "export const live_wrong = 5;",
      "plugin/beta/index.mts": `import "../alpha/index.ts";\n${definition}`,
    });
    expect(await refusal(link(project, "alpha"))).toContain('wrong.ts:1:14: "live_wrong" begins with the live prefix');
    expect(await refusal(link(project, "beta"))).toContain('"../alpha/index.ts" belongs to the plugin');
    expect(await readdir(project.path("linked"))).toEqual([".keep"]);
  });
});

describe("10.1 the output folder", () => {
  test("must differ from the plugin's and not lie inside it", async () => {
    await using project = await createProject({ ...files, "plugin/alpha/inside/.keep": "" });
    const cases = [
      ["package.json", /the output folder .*package\.json is not a folder/],
      ["plugin/alpha", /the output folder is the plugin's own folder/],
      ["plugin/alpha/inside", /the output folder lies in the plugin's folder/],
    ] as const;
    for (const [folder, message] of cases) {
      expect(await refusal(link(project, "alpha", { outputDir: project.path(folder) }))).toMatch(message);
    }
    expect((await readdir(project.path("plugin/alpha"))).toSorted()).toEqual([
      "index.ts",
      "inside",
      "table.json",
      "texts",
      "types.tsx",
    ]);
  });

  test("may hold files that were not generated; they are neither overwritten nor removed", async () => {
    await using project = await createProject({ ...files, "linked/index.ts": "export const mine = 1;\n" });
    expect(await refusal(link(project, "alpha"))).toMatch(/linked\/index\.ts exists and was not generated by hotswap/);
    expect((await readdir(project.path("linked"))).toSorted()).toEqual([".keep", "index.ts"]);
    await link(project, "alpha", { clean: true });
    expect(await readFile(project.path("linked/index.ts"), "utf8")).toBe("export const mine = 1;\n");
  });

  test("cannot hold two plugins of one name", async () => {
    await using project = await createProject({
      ...files,
      "more/alpha/index.ts": definition,
      "more/Beta/index.ts": definition,
    });
    await link(project, "alpha");
    await link(project, "beta");
    const other = (name: string) => refusal(link(project, "", { pluginDir: project.path("more", name) }));
    expect(await other("alpha")).toMatch(/a plugin "alpha" from \.\.\/plugin\/alpha is registered there already/);
    expect(await other("Beta")).toMatch(/a plugin "beta" from \.\.\/plugin\/beta is registered there already/);
  });
});

describe("10.1 --clean", () => {
  test("removes the plugin's registration, and the aggregate with the last of them", async () => {
    await using project = await createProject(files);
    await link(project, "alpha");
    await link(project, "beta");
    expect(await link(project, "alpha", { clean: true })).toMatchObject({ removed: true, plugins: ["beta"] });
    expect(Object.keys(await staticPlugins(project))).toEqual(["beta"]);
    expect(await link(project, "alpha", { clean: true })).toMatchObject({ removed: false });
    await link(project, "beta", { clean: true });
    expect(await readdir(project.path("linked"))).toEqual([".keep"]);
  });

  test("works when the plugin's folder is gone", async () => {
    await using project = await createProject(files);
    await link(project, "alpha");
    await rm(project.path("plugin/alpha"), { recursive: true });
    expect(await link(project, "alpha", { clean: true })).toMatchObject({ removed: true, plugins: [] });
  });
});
