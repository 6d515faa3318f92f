import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { journalPlugin } from "../support/host.ts";
import { Child } from "../support/child.ts";
import { createProject } from "../support/project.ts";
import { createStaticProject, linkStatically } from "./static-host.ts";

test("10.1 one registration module for each plugin, and one that exports them all", async () => {
  await using project = await createStaticProject({ beta: journalPlugin("beta"), alpha: journalPlugin("alpha") });
  expect((await readdir(project.path("static"))).toSorted()).toEqual(["alpha.static.ts", "beta.static.ts", "index.ts"]);
  const { staticPlugins } = await import(project.path("static", "index.ts"));
  expect(Object.keys(staticPlugins)).toEqual(["alpha", "beta"]);
  expect(staticPlugins.alpha.module).toBe(await import(project.path("plugin", "alpha", "index.ts")));
});

test("10.1 the code is the same wherever and however often it is generated", async () => {
  const plugins = { alpha: journalPlugin("alpha") };
  await using first = await createStaticProject(plugins);
  await using second = await createStaticProject(plugins);
  await linkStatically(second, "alpha");
  for (const file of ["alpha.static.ts", "index.ts"]) {
    const code = await readFile(second.path("static", file), "utf8");
    expect(await readFile(first.path("static", file), "utf8")).toBe(code);
    expect(code).not.toContain(second.root);
  }
});

test("10.1 --staticLinking and --clean on the command line, for two plugins in one folder", async () => {
  await using project = await createProject({
    "plugin/alpha/index.ts": journalPlugin("alpha"),
    "plugin/beta/index.ts": journalPlugin("beta"),
    "journal.ts": "export const log = (_: string) => {}; export const wishes = new Map<string, unknown>();",
  });
  const hotswap = async (...parameters: string[]) => {
    const main = project.path("node_modules", "hotswap", "cli", "main.ts");
    await using child = new Child([process.execPath, main, "build", "--staticLinking", ...parameters], {
      cwd: project.root,
    });
    const code = await child.exit();
    return { code, stdout: child.stdout, stderr: child.stderr };
  };
  const generated = async () => (await readdir(project.path("plugin"))).filter((name) => name.endsWith(".ts"));
  expect(await hotswap("plugin/alpha", "plugin")).toEqual({
    code: 0,
    stdout: "plugin/alpha.static.ts\nplugin/index.ts\n",
    stderr: "",
  });
  expect((await hotswap("plugin/beta", "plugin")).code).toBe(0);
  expect((await generated()).toSorted()).toEqual(["alpha.static.ts", "beta.static.ts", "index.ts"]);
  expect((await hotswap("--clean", "plugin/alpha", "plugin")).stdout).toContain("removed plugin/alpha.static.ts");
  expect((await generated()).toSorted()).toEqual(["beta.static.ts", "index.ts"]);
  const { staticPlugins } = await import(project.path("plugin", "index.ts"));
  expect(Object.keys(staticPlugins)).toEqual(["beta"]);
  expect((await hotswap("--clean", "plugin/beta", "plugin")).code).toBe(0);
  expect(await generated()).toEqual([]);
});

test("10.1 --clean removes generated files only", async () => {
  await using project = await createStaticProject({ alpha: journalPlugin("alpha") });
  await project.write({ "static/index.ts": "export const mine = true;\n", "static/notes.md": "mine, too" });
  await linkStatically(project, "alpha", { clean: true });
  expect((await readdir(project.path("static"))).toSorted()).toEqual(["index.ts", "notes.md"]);
});

test("10.1 the output folder must exist, differ from the plugin's and not lie inside it", async () => {
  await using project = await createProject({
    "journal.ts": "export const log = () => {}; export const wishes = new Map();",
    "plugin/alpha/index.ts": journalPlugin("alpha"),
    "plugin/alpha/deep/er/file.txt": "",
  });
  const into = (outputDir: string) => linkStatically(project, "alpha", { outputDir });
  await expect(into(project.path("nowhere"))).rejects.toThrow("does not exist");
  await expect(into(project.path("package.json"))).rejects.toThrow("is not a folder");
  await expect(into(project.path("plugin", "alpha"))).rejects.toThrow("is the plugin's own folder");
  await expect(into(project.path("plugin", "alpha", "deep", "er"))).rejects.toThrow("lies in the plugin's folder");
  expect((await readdir(project.path("plugin", "alpha"))).toSorted()).toEqual(["deep", "index.ts"]);
});

test("10.1 a plugin that cannot be built is refused, and what was generated before stays as it is", async () => {
  await using project = await createStaticProject({ alpha: journalPlugin("alpha") });
  const before = await readFile(project.path("static", "index.ts"), "utf8");
  await project.write({ "plugin/beta/index.ts": "export default { onLoad() {} };\n" });
  await expect(linkStatically(project, "beta")).rejects.toThrow("definePlugin");
  expect(await readFile(project.path("static", "index.ts"), "utf8")).toBe(before);
  expect((await readdir(project.path("static"))).toSorted()).toEqual(["alpha.static.ts", "index.ts"]);
});
