import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { buildStatic } from "../../src/build/emit/static/build-static.ts";
import { writeTypes } from "../../src/build/emit/types/write-types.ts";
import { build, createBuilder } from "../../src/build/index.ts";
import { hotswapError } from "../support/host.ts";
import { createProject, type Project } from "../support/project.ts";

const definition = `import { definePlugin } from "hotswap"; export default definePlugin({});`;
let project: Project;

beforeAll(async () => {
  project = await createProject({ "plugin/one/index.ts": definition });
  symlinkSync(project.path("loop"), project.path("loop"));
  writeFileSync(project.path("file"), "");
  for (const blocked of ["bin/one.js", "bin/one.static.ts", "bin/one.entry.ts", "bin/types.d.ts"]) {
    mkdirSync(project.path("blocked", blocked, "x"), { recursive: true });
  }
});

afterAll(() => project[Symbol.asyncDispose]());

/** Everything that builds, with each of its paths. */
function attempts(path: string): Record<string, () => unknown> {
  const [pluginDir, outputDir] = [project.path("plugin/one"), project.path("bin")];
  return {
    build: () => build({ pluginDir, outputDir: path }),
    builder: () => createBuilder({ pluginDir, outputDir: path }).build(),
    static: () => buildStatic({ pluginDir, outputDir: path }),
    entry: () => build({ pluginDir, outputDir: path, bundle: false }),
    types: () => writeTypes({ pluginDirs: [pluginDir], out: `${path}/types.d.ts` }),
    "of the plugin": () => build({ pluginDir: path, outputDir }),
    "of the root": () => build({ pluginDir, outputDir, root: path }),
  };
}

const paths: Readonly<Record<string, () => string>> = {
  "a path into a file": () => project.path("file/below"),
  "a link to itself": () => project.path("loop"),
  "a path through a link to itself": () => project.path("loop/below"),
  "a name that is too long": () => project.path("x".repeat(300)),
  "a path that is too long": () => project.path(Array.from({ length: 30 }, () => "y".repeat(200)).join("/")),
  "a path with a NUL": () => project.path("a\0b"),
  "a file system that nothing can be written to": () => "/proc/hotswap",
};

test.each(Object.keys(paths))("%s is a coded error that names it, in whatever is built", async (what) => {
  const path = paths[what]?.() ?? "";
  for (const attempt of Object.values(attempts(path))) {
    const error = await hotswapError((async () => attempt())());
    expect(error.code).toBe("HOTSWAP_BUILD_FAILED");
    // Some name what is in the way, and some what cannot be reached behind it.
    const named = path
      .replace("/below", "")
      .replace("\0", String.raw`\u0000`)
      .slice(0, 100);
    expect(error.message).toContain(named);
  }
});

test("a folder where the result should be is a coded error, and nothing is left", async () => {
  const pluginDir = project.path("plugin/one");
  const outputDir = project.path("blocked/bin");
  const before = Array.from(new Bun.Glob("**").scanSync({ cwd: outputDir, dot: true }));
  for (const attempt of [
    () => build({ pluginDir, outputDir }),
    () => createBuilder({ pluginDir, outputDir }).build(),
    () => buildStatic({ pluginDir, outputDir }),
    () => build({ pluginDir, outputDir, bundle: false }),
    () => writeTypes({ pluginDirs: [pluginDir], out: `${outputDir}/types.d.ts` }),
  ]) {
    expect((await hotswapError((async (): Promise<unknown> => attempt())())).code).toBe("HOTSWAP_BUILD_FAILED");
  }
  expect(Array.from(new Bun.Glob("**").scanSync({ cwd: outputDir, dot: true }))).toEqual(before);
});

test("a pipe that is named like a module ends a build at once", async () => {
  await using made = await createProject({ "plugin/two/index.ts": `import "./pipe"; ${definition}` });
  mkdirSync(made.path("plugin/one"));
  for (const path of ["plugin/one/index.ts", "plugin/two/pipe.ts"]) Bun.spawnSync(["mkfifo", made.path(path)]);
  for (const name of ["one", "two"]) {
    const error = await hotswapError(made.build(name));
    expect(error.code).toBe("HOTSWAP_NOT_A_FILE");
    expect(error.message).toContain("is a named pipe, and only regular files are read");
  }
});
