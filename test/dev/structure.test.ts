import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { Child } from "../support/child.ts";
import { createProject } from "../support/project.ts";
import { createDemo, dev, main, save, says } from "./demo.ts";

describe("17.2 hotswap dev follows folders", () => {
  for (const [how, plugins] of [
    ["a pattern", ["plugin/*"]],
    ["what a shell made of a pattern", ["plugin/alpha", "plugin/beta"]],
  ] as const) {
    test(`that appear, go and are renamed: ${how}`, async () => {
      await using project = await createDemo({ "plugin/notes.txt": "no plugin" });
      await using terminal = dev(project, { plugins });
      const [, pid] = await terminal.shows(/host: hello (\d+) alpha\.1 beta\.1/);
      await terminal.shows(/ready: 2 plugins live/);

      save(project, "plugin/gamma/index.ts", says("gamma.1"));
      await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.1 beta\\.1 gamma\\.1`));
      await terminal.shows(/live after [\d.]+ ms: gamma: ok, and 2 unchanged/);

      renameSync(project.path("plugin/gamma"), project.path("plugin/delta"));
      await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.1 beta\\.1 gamma\\.1\n`));
      await terminal.shows(/live after [\d.]+ ms: delta: ok, gamma: removed, and 2 unchanged/);
      save(project, "plugin/delta/index.ts", says("delta.2"));
      await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.1 beta\\.1 delta\\.2`));

      rmSync(project.path("plugin/delta"), { recursive: true });
      await terminal.shows(new RegExp(`host: hello ${pid} alpha\\.1 beta\\.1\n`));
      await terminal.shows(/live after [\d.]+ ms: delta: removed, and 2 unchanged/);
      expect(terminal.text).not.toContain("error");
      expect(readdirSync(project.out)).toEqual([]);
    });
  }

  test("a folder that is made before its root module is none of its plugins until then", async () => {
    await using project = await createDemo({ "plugin/shared/types.d.ts": "export type Word = string;\n" });
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/ready: 2 plugins live/);
    save(project, "plugin/gamma/word.ts", 'export const word = "gamma.1";\n');
    save(
      project,
      "plugin/gamma/index.ts",
      says("x").replace('"x"', "word").replace("\n", '\nimport { word } from "./word";\n'),
    );
    await terminal.shows(/alpha\.1 beta\.1 gamma\.1/);
    expect(terminal.text).not.toContain("error");
  });

  test("a pattern that matches nothing yet is told, and what comes is loaded", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { plugins: ["more/*"] });
    await terminal.shows(/there is no plugin yet: more\/\* matches no folder with an index\.ts/);
    await terminal.shows(/ready: 0 plugins live/);
    save(project, "more/alpha/index.ts", says("alpha.1"));
    await terminal.shows(/live after .*: alpha: ok/);
    expect(terminal.text).not.toContain("there are no plugins");
  });

  test.each(["gamma", "beta"])(
    "a plugin that was refused and can then not be built keeps nothing back: %s",
    async (name) => {
      await using project = await createDemo();
      await using terminal = dev(project, { plugins: ["plugin/*"] });
      const file = `plugin/${name}/index.ts`;
      await terminal.shows(/ready: 2 plugins live/);
      save(project, file, `throw new Error("not yet");\n${says("refused")}`);
      await terminal.shows(/not yet[^]*still live: 2 plugins/);
      save(project, file, "export default 1 +;\n");
      await terminal.shows(new RegExp(`error: ${name}: 1 error`));
      save(project, "plugin/alpha/index.ts", says("alpha.2"));
      await terminal.shows(/live after .*: alpha: ok, and 1 unchanged/);
      save(project, file, says("mended.1"));
      await terminal.shows(new RegExp(`live after .*: ${name}: ok`));
      expect(terminal.text).not.toContain("nothing changed");
    },
  );

  test("a plugin that cannot be built any more while it is refused keeps nothing back", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/ready: 2 plugins live/);
    const file = "plugin/gamma/index.ts";
    const slow = 'console.log("evaluated");\nawait Bun.sleep(1000);\nthrow new Error("not yet");\n';
    save(project, "plugin/alpha/index.ts", says("alpha.2"));
    save(project, file, `${slow}${says("refused")}`);
    await terminal.shows(/evaluated/);
    save(project, file, "export default 1 +;\n");
    await terminal.shows(/error: gamma: 1 error[^]*not yet/);
    await terminal.shows(/live after .*: alpha: ok, and 1 unchanged/);
  });

  test("a plugin that goes while another was refused is gone as soon as that cannot be built", async () => {
    await using project = await createDemo();
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/ready: 2 plugins live/);
    const file = "plugin/gamma/index.ts";
    save(project, file, `throw new Error("not yet");\n${says("refused")}`);
    await terminal.shows(/not yet[^]*still live: 2 plugins/);
    await project.remove("plugin/beta");
    await terminal.shows(/not yet[^]*not yet/);
    save(project, file, "export default 1 +;\n");
    await terminal.shows(/live after .*: beta: removed/);
  });

  test("a plugin that others need does not leave: the message says who needs it, and the old set stays", async () => {
    await using project = await createDemo({
      "plugin/beta/index.ts": `import { definePlugin, dependency } from "hotswap";
        const deps = { alpha: dependency() };
        export default definePlugin({ import: () => deps, functions: { say: () => "beta.1" } });`,
    });
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/ready: 2 plugins live/);
    renameSync(project.path("plugin/alpha"), project.path("alpha"));
    await terminal.shows(/error: the reload failed: .*beta.*alpha/);
    terminal.type("s");
    await terminal.shows(/alpha +#1/);
    renameSync(project.path("alpha"), project.path("plugin/alpha"));
    await terminal.shows(/mended: alpha is what is live|live after/);
  });

  test("two folders of one name: the second is left out, and it is said why", async () => {
    await using project = await createDemo({ "more/gamma/index.ts": says("gamma.1") });
    await using terminal = dev(project, { plugins: ["plugin/*", "more/*"] });
    await terminal.shows(/ready: 3 plugins live/);
    save(project, "more/Alpha/index.ts", says("alpha.2"));
    await terminal.shows(/plugin\/alpha and more\/Alpha are plugins of one name: rename one of them/);
  });

  test("a folder that can be no plugin is left out from the beginning, and the others are live", async () => {
    await using project = await createDemo();
    await using elsewhere = await createProject({ "lone/index.ts": says("lone.1") });
    rmSync(elsewhere.path("package.json"));
    symlinkSync(elsewhere.path("lone"), project.path("plugin/lone"));
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/error: lone is left out: there is no package\.json in /);
    await terminal.shows(/hotswap ready: 2 plugins live/);
    expect(terminal.text).not.toContain("mended");
  });

  test("the artifact of a plugin that leaves is removed if hotswap made it of that folder", async () => {
    await using project = await createDemo();
    await project.buildAll("alpha", "beta");
    await project.write({ "bin/gamma.js": "export {};\n" });
    await using terminal = dev(project, { plugins: ["plugin/*"] });
    await terminal.shows(/ready: 2 plugins live/);
    rmSync(project.path("plugin/beta"), { recursive: true });
    await terminal.shows(/beta: removed/);
    expect(readdirSync(project.out).toSorted()).toEqual(["alpha.js", "gamma.js"]);
  });

  test("nothing is written on a save, unless it is asked for", async () => {
    await using project = await createDemo();
    {
      await using terminal = dev(project);
      await terminal.shows(/ready/);
      save(project, "plugin/alpha/index.ts", says("alpha.2"));
      await terminal.shows(/alpha\.2[^]*live after/);
      expect(readdirSync(project.out)).toEqual([]);
    }
    await using terminal = dev(project, { flags: ["--write"] });
    await terminal.shows(/ready/);
    save(project, "plugin/alpha/index.ts", says("alpha.3"));
    await terminal.shows(/alpha\.3[^]*live after/);
    expect(readdirSync(project.out).toSorted()).toEqual(["alpha.js", "beta.js"]);
    expect(await Bun.file(project.path("bin/alpha.js")).text()).toContain("alpha.3");
  });
});

test("options that cannot be used are refused before the host starts, also when the plugins are named by a pattern", async () => {
  await using project = await createDemo();
  const words = ["dev", "plugin/*", "--out", "bin", "--exclude", "x", "--", "bun", "src/host.ts"];
  await using child = new Child([process.execPath, main, ...words], { cwd: project.root });
  expect(await child.exit()).toBe(1);
  expect(child.stderr).toBe(
    "error: --exclude has no effect without --include: it leaves out some of the included files\n",
  );
});

test("a pattern that cannot be followed is refused", async () => {
  await using project = await createDemo();
  await using child = new Child([process.execPath, main, "dev", "**/plugin", "--out", "bin", "--", "bun", "x"], {
    cwd: project.root,
  });
  expect(await child.exit()).toBe(1);
  expect(child.stderr).toContain("**/plugin has **, which is not followed");
  expect(existsSync(project.path("bin/x"))).toBe(false);
});
