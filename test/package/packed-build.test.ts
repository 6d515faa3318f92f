import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createProject, type Project } from "../support/project.ts";
import { hotswap, type Outcome } from "../cli/run-cli.ts";
import { installWithPackedBuild, runInstalled } from "./packed-build.ts";

const listLoaded = { BUN_OPTIONS: `--preload=${join(import.meta.dir, "..", "cli", "list-loaded.ts")}` };

let project: Project;
let installed: string;

beforeAll(async () => {
  project = await createProject({
    "plugin/alpha/index.ts": definition("functions: { hum: () => 1 }"),
    "plugin/live/index.ts": `${definition("functions: { hum: () => 1 }")}export function live_handle() {}\n`,
    "plugin/broken/index.ts": definition("fnctions: {}"),
  });
  installed = await installWithPackedBuild(project, "tools");
});

afterAll(() => project[Symbol.asyncDispose]());

function definition(members: string): string {
  return `import { definePlugin } from "hotswap";\nexport default definePlugin({ ${members} });\n`;
}

/** The package's own modules that a command line loaded, by their paths in the package. */
async function loadedBy(...words: string[]): Promise<string[]> {
  const { exitCode, stderr } = await runInstalled(installed, project, words, listLoaded);
  expect(exitCode).toBe(0);
  const paths = JSON.parse(stderr) as string[];
  return paths
    .filter((path) => path.startsWith(installed))
    .map((path) => path.slice(installed.length + 1))
    .toSorted();
}

test("9 a command of an installed package loads what it needs, and no other command", async () => {
  const commandsOf = (loaded: readonly string[]): string[] =>
    loaded.flatMap((path) => /^dist\/(build|types|new|dev|fleet|dashboard)-\w+\.js$/.exec(path)?.[1] ?? []);
  expect(commandsOf(await loadedBy("build", "plugin/alpha", "bin"))).toEqual(["build"]);
  expect(commandsOf(await loadedBy("types", "plugin/alpha"))).toEqual(["types"]);
});

test.each([
  "build plugin/alpha plugin/live bin",
  "build --live-prefix=live_ plugin/live bin -- --minify",
  "build --staticLinking plugin/live plugin",
  "build plugin/broken bin",
  "build plugin/nowhere bin",
  "build plugin/alpha",
  "build --inclde x plugin/alpha bin",
  "build plugin/alpha bin -- --outdir=x",
  "build --help",
])("9 packed or not, `hotswap %s` says and makes the same", async (line) => {
  const words = line.split(" ");
  const outcome = async (run: Promise<Outcome>): Promise<unknown> => {
    const { exitCode, stdout, stderr } = await run;
    const made = project.path("bin", "live.js");
    const artifact = (await Bun.file(made).exists()) ? await readFile(made, "utf8") : "";
    await rm(project.path("bin"), { recursive: true, force: true });
    return { exitCode, stdout, stderr, artifact };
  };
  const packed = await outcome(runInstalled(installed, project, words));
  expect(packed).toEqual(await outcome(hotswap(project, ...words)));
});

test("9 packed, --debug shows the stack", async () => {
  const words = ["build", "--debug", "plugin/nowhere", "bin"];
  expect((await runInstalled(installed, project, words)).stderr).toMatch(/^ +at .*dist\/[\w-]+\.js:\d+/m);
});

test("9 packed, what a process of its own has to build is built", async () => {
  await Bun.write(project.path("plugin/told/macro.ts"), `export const told = () => ["by a macro"].join();\n`);
  const importing = `import { told } from "./macro.ts" with { type: "macro" };\n`;
  await Bun.write(project.path("plugin/told/index.ts"), importing + definition("functions: { hum: () => told() }"));
  const build = `import { createBuilder } from "hotswap/build";
await createBuilder({ pluginDir: "plugin/told", outputDir: "told" }).build();
`;
  await Bun.write(project.path("tools/build.ts"), build);
  const { stderr } = Bun.spawnSync([process.execPath, "tools/build.ts"], { cwd: project.root });
  expect(stderr.toString()).toBe("");
  expect(await readFile(project.path("told", "told.js"), "utf8")).toContain("by a macro");
});

test("9 packed, no line of the code looks as if it named a source map: Bun would try to read it with each stack", async () => {
  const dist = join(installed, "dist");
  const texts = await Promise.all((await readdir(dist)).map((name) => readFile(join(dist, name), "utf8")));
  expect(texts.flatMap((text) => text.match(/^\/\/# sourceMappingURL=.{0,80}/gm) ?? [])).toEqual([]);
});

test("10.3 packed, a host that is one file with the package logs without the package's dependencies", async () => {
  const host = `import { PluginManagerSwapper } from "hotswap";
await new PluginManagerSwapper("", { staticPlugins: {} }).loadPlugins();
`;
  await Bun.write(project.path("tools/host.ts"), host);
  const bun = (...words: string[]): string =>
    Bun.spawnSync([process.execPath, ...words], { cwd: project.root }).stderr.toString();
  expect(bun("build", "--target=bun", "tools/host.ts", "--outfile", "alone/host.js")).toBe("");
  expect(bun("alone/host.js")).toMatch(/^[^:]*plugins are linked statically/);
});
