import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createCachedBuilder } from "../../../src/build/builder.ts";
import type { BuildOptions } from "../../../src/build/index.ts";
import { createProject, type Project } from "../../support/project.ts";

const files = {
  "node_modules/.keep": "",
  "plugin/alpha/index.ts": `import { definePlugin } from "hotswap";\nexport { word } from "./word";\nexport default definePlugin({});\n`,
  "plugin/alpha/word.ts": `export const word: string = "one";\n`,
};

/** Builds as a run of the development loop does; returns the text of word.ts as it was compiled. */
async function built(project: Project, options: Partial<BuildOptions> = {}): Promise<string> {
  const builder = createCachedBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out, ...options });
  const { artifact } = await builder.buildInMemory();
  builder.close();
  return Buffer.from(await artifact.bytes()).toString();
}

function cacheOf(project: Project): string {
  const folder = "node_modules/.cache/hotswap";
  const [name, ...others] = readdirSync(project.path(folder));
  expect(others).toEqual([]);
  return project.path(folder, name ?? "");
}

/** What lies in the cache says what no source says. */
async function forge(project: Project): Promise<void> {
  const file = Bun.file(cacheOf(project));
  await Bun.write(file, (await file.text()).replace(`\\"one\\"`, `\\"kept\\"`));
}

describe("17 what was compiled", () => {
  test("is there when the loop starts again", async () => {
    await using project = await createProject(files);
    expect(await built(project)).toContain(`\\"one\\"`);
    await forge(project);
    expect(await built(project)).toContain(`\\"kept\\"`);
  });

  test("is compiled again when its source, its settings, or the compiler's options are others", async () => {
    await using project = await createProject(files);
    await built(project);
    await forge(project);
    expect(await built(project, { buildFlags: ["--define", "MARK=1"] })).toContain(`\\"one\\"`);
    await forge(project);
    await project.write({ "tsconfig.json": `{ "compilerOptions": { "experimentalDecorators": true } }` });
    expect(await built(project)).toContain(`\\"one\\"`);
    await forge(project);
    await project.write({ "plugin/alpha/word.ts": `export const word: string = "two";\n` });
    expect(await built(project)).toContain(`\\"two\\"`);
  });

  test("is compiled again when the cache is damaged", async () => {
    await using project = await createProject(files);
    await built(project);
    const path = cacheOf(project);
    await Bun.write(path, (await Bun.file(path).text()).slice(0, 40));
    expect(await built(project)).toContain(`\\"one\\"`);
  });

  test("is the same as what a build without it gives, after any number of starts", async () => {
    await using project = await createProject(files);
    const [first, second, third] = [await built(project), await built(project), await built(project)];
    expect(second).toBe(first);
    expect(third).toBe(first);
  });
});
