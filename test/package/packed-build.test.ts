import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
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

test("9 an installed package builds from one file, whose bytecode Bun accepts", async () => {
  const loaded = await loadedBy("build", "plugin/alpha", "bin");
  // Beside it the bundler's own helpers, in a chunk.
  expect(loaded.filter((path) => !/^dist\/index-\w+\.js$/.test(path))).toEqual(["dist/build-alone.js", "dist/main.js"]);
  const { stdout, stderr } = await runInstalled(installed, project, ["build", "plugin/alpha", "bin"], {
    BUN_JSC_verboseDiskCache: "1",
  });
  expect(stdout + stderr).toContain("Cache hit");
});

test("9 other commands of an installed package load what they need, and not the build command", async () => {
  const loaded = await loadedBy("types", "plugin/alpha");
  expect(loaded.some((path) => path.startsWith("dist/types-"))).toBe(true);
  expect(loaded).not.toContain("dist/build-alone.js");
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
  expect((await runInstalled(installed, project, words)).stderr).toMatch(/^ +at .*build-alone\.js:\d+/m);
});

test("9 with bytecode of another Bun, or with none, the same file runs from its JavaScript", async () => {
  const own = await installWithPackedBuild(project, "bytecode");
  const file = join(own, "dist", "build-alone.js.jsc");
  const bytes = await readFile(file);
  // The version of the format stands at the beginning.
  bytes.writeUInt32LE(~bytes.readUInt32LE(0) >>> 0, 0);
  await writeFile(file, bytes);
  const words = ["build", "plugin/alpha", "bin"];
  const refused = await runInstalled(own, project, words, { BUN_JSC_verboseDiskCache: "1" });
  expect(refused.stdout + refused.stderr).not.toContain("Cache hit");
  expect(refused.exitCode).toBe(0);
  await rm(file);
  expect(await runInstalled(own, project, words)).toMatchObject({ exitCode: 0, stdout: "bin/alpha.js\n" });
});
