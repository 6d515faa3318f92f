import { describe, expect, test } from "bun:test";
import { createProject, type Files } from "../../support/project.ts";
import { complaints } from "../support/build-failure.ts";

const definition = `import { definePlugin } from "hotswap";\nexport default definePlugin({});\n`;

const beta: Files = {
  "plugin/beta/index.ts": `${definition}export interface BetaExport { two(): number }\nexport const value = 1;`,
  "plugin/beta/lib/inner.ts": "export const inner = 1;",
  "plugin/contracts.ts": "export const version = 1;\nexport interface Contract {}",
  "plugin/shared/index.ts": "export const shared = 1;\nexport default { no: 'plugin' };",
};

async function refused(code: string, files: Files = {}): Promise<string[]> {
  await using project = await createProject({ ...beta, "plugin/alpha/index.ts": code + definition, ...files });
  return await complaints(project, "alpha");
}

async function accepted(code: string, files: Files = {}): Promise<string[]> {
  await using project = await createProject({ ...beta, "plugin/alpha/index.ts": code + definition, ...files });
  const { manifest } = await project.build("alpha");
  return manifest.hostModules.map(({ specifier }) => specifier);
}

describe("2.5 an import of another plugin's folder is refused", () => {
  test.each([
    ["its root module", `import { value } from "../beta";\nconsole.log(value);\n`, "1:23"],
    ["a file deeper in it", `import { inner } from "../beta/lib/inner.ts";\nconsole.log(inner);\n`, "1:23"],
    ["for its effects", `import "../beta/index.ts";\n`, "1:8"],
    ["a re-export", `\nexport { value } from "../beta/index.ts";\n`, "2:23"],
    ["a dynamic import", `export const load = () => import("../beta/index.ts");\n`, "1:34"],
    ["require", `export const load = () => require("../beta/index.ts");\n`, "1:35"],
  ])("%s", async (_, code, place) => {
    expect(await refused(code)).toEqual([
      expect.stringMatching(
        new RegExp(
          String.raw`^plugin/alpha/index\.ts:${place} ".+" belongs to the plugin in .*plugin/beta.*import type`,
        ),
      ),
    ]);
  });

  test("from any module of the plugin, and through a path alias", async () => {
    const files = {
      "plugin/alpha/lib/uses.ts": `import { inner } from "@plugin/beta/lib/inner";\nexport const uses = inner;`,
      "tsconfig.json": `{ "compilerOptions": { "paths": { "@plugin/*": ["./plugin/*"] } } }`,
    };
    expect(await refused(`export { uses } from "./lib/uses.ts";\n`, files)).toEqual([
      expect.stringMatching(/^plugin\/alpha\/lib\/uses\.ts:1:23 "@plugin\/beta\/lib\/inner" belongs to the plugin/),
    ]);
  });

  test("with everything else that is wrong, at once", async () => {
    const found = await refused(
      `import { value } from "../beta";\nimport { inner } from "../beta/lib/inner.ts";\nexport const live_x = [value, inner];\n`,
    );
    expect(found).toHaveLength(3);
  });
});

describe("2.5 what is no other plugin's may be imported", () => {
  test("types", async () => {
    expect(
      await accepted(`import type { BetaExport } from "../beta/index.ts";
        import { type BetaExport as Again } from "../beta";
        import { BetaExport as Unmarked } from "../beta/index";
        export type { BetaExport as Reexported } from "../beta/index.ts";
        export const use = (beta: BetaExport & Again & Unmarked) => beta.two();\n`),
    ).toEqual(["hotswap"]);
  });

  test("files beside the plugins, and folders whose index is no definition", async () => {
    expect(
      await accepted(
        `import { version } from "../contracts.ts";\nimport { shared } from "../shared";\nconsole.log(version, shared);\n`,
      ),
    ).toEqual(["./plugin/contracts.ts", "./plugin/shared/index.ts", "hotswap"]);
  });
});

describe("what the host's modules and plugins cannot give to a bundle", () => {
  test("2.4 export * of a module of the host, in the root module or below, with what to write instead", async () => {
    const host = { "host.ts": "export const a = 1;", "plugin/alpha/below.ts": `export * from "../../host.ts";` };
    const expected = (place: string) =>
      expect.stringMatching(
        new RegExp(String.raw`^plugin/alpha/${place} "\.\./\.\./host\.ts" belongs to the host.*export \{ a, b \} from`),
      );
    expect(await refused(`export * from "../../host.ts";\n`, host)).toEqual([expected(String.raw`index\.ts:1:15`)]);
    expect(await refused(`export { a } from "./below.ts";\n`, host)).toEqual([expected(String.raw`below\.ts:1:15`)]);
  });

  test("hotswap/build, which is for build scripts", async () => {
    expect(await refused(`import { build } from "hotswap/build";\nconsole.log(build);\n`)).toEqual([
      'plugin/alpha/index.ts:1:23 "hotswap/build" is not for plugins: what they need is exported by "hotswap"',
    ]);
  });

  test("a file that the bundler would copy beside the artifact, at its import", async () => {
    const png = { "plugin/alpha/lib/logo.png": "not really" };
    expect(await refused(`import logo from "./lib/logo.png";\nconsole.log(logo);\n`, png)).toEqual([
      expect.stringMatching(
        /^plugin\/alpha\/index\.ts:1:18 "logo\.png" would become a file of its own.*--include.*asset\(\)/,
      ),
    ]);
  });
});
