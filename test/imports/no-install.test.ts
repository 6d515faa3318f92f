import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { resolveImport } from "../../src/load/resolve.ts";
import { createProject } from "../support/project.ts";

const alpha = `import { definePlugin } from "hotswap";
import { createRequire } from "node:module";
const x = (text: string): string => text.split("").join("");
const outcome = (work: () => unknown) => Promise.try(work).then(() => "there", (error) => error.message.split("\\n")[0]);
export default definePlugin({
  functions: {
    ask: () => Promise.all([
      outcome(() => import(x("is-odd"))),
      outcome(() => require(x("is-odd"))),
      outcome(() => require.resolve(x("is-odd"))),
      outcome(() => import.meta.resolve(x("is-odd"))),
      outcome(() => Bun.resolveSync(x("is-odd"), import.meta.dir)),
      outcome(() => createRequire("/nowhere/at/all.js")(x("is-odd"))),
      outcome(() => (0, eval)("import('is-odd')")),
      outcome(() => new Function("return import('is-odd')")()),
    ]),
  },
});
`;

describe("2.7 nothing is ever downloaded", () => {
  test("whatever way a plugin asks for a package that is not there", async () => {
    await using project = await createProject({ "plugin/alpha/index.ts": alpha });
    const asked: string[] = [];
    using registry = Bun.serve({
      port: 0,
      fetch(request) {
        asked.push(request.url);
        return new Response("no", { status: 404 });
      },
    });
    for (const apart of [false, true]) {
      if (apart)
        await (
          await import("../../src/build/index.ts")
        )
          .createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out })
          .build();
      else await project.build("alpha");
      const script = join(import.meta.dir, "ask-for-packages.ts");
      const child = Bun.spawn([process.execPath, script, project.root], {
        cwd: project.root,
        env: { ...process.env, BUN_CONFIG_REGISTRY: registry.url.href, BUN_INSTALL_CACHE_DIR: project.path("cache") },
      });
      const outcomes = JSON.parse(await child.stdout.text()) as string[];
      expect(outcomes).toHaveLength(8);
      // Code in a text that is evaluated imports nothing where modules are kept apart.
      for (const outcome of outcomes)
        expect(outcome).toMatch(/^Cannot find (?:package|module) 'is-odd'|^A dynamic import callback was not/);
    }
    expect(asked).toEqual([]);
  });

  test("also where no folder has a node_modules, which makes Bun install what is asked for", () => {
    const file = "/nowhere/at/all/plugin.ts";
    expect(() => resolveImport("is-odd", file)).toThrow(`Cannot find package 'is-odd' imported from ${file}`);
    expect(resolveImport("node:fs", file)).toBe("node:fs");
  });
});
