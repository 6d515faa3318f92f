import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Child } from "../support/child.ts";
import { createProject, type Project } from "../support/project.ts";

const main = join(import.meta.dir, "..", "..", "cli", "main.ts");

const source = (mark: string): string =>
  `import { definePlugin } from "hotswap";\nexport default definePlugin({ functions: { mark: () => "${mark}" } });\n`;

function watch(project: Project, ...words: string[]): Child {
  return new Child([process.execPath, main, "build", "--watch", ...words], { cwd: project.root });
}

test("build --watch builds what changes, and only that, until it is ended", async () => {
  await using project = await createProject({
    "plugin/alpha/index.ts": source("alpha.1"),
    "plugin/beta/index.ts": source("beta.1"),
  });
  await using child = watch(project, "plugin/alpha", "plugin/beta", "bin", "--", "--minify");
  await child.line(/^bin\/\w+\.js$/);
  await child.line(/^bin\/\w+\.js$/);
  const beta = await Bun.file(project.path("bin/beta.js")).text();
  writeFileSync(project.path("plugin/alpha/index.ts"), source("alpha.2"));
  await child.line(/^bin\/alpha\.js$/);
  expect(await Bun.file(project.path("bin/alpha.js")).text()).toContain("alpha.2");
  writeFileSync(project.path("plugin/alpha/index.ts"), source("alpha.3").replace("functions", "function"));
  await child.errorLine(/^error: alpha: 1 error/);
  await child.errorLine(/plugin\/alpha\/index\.ts:2:31: .*did you mean "functions"/);
  expect(await Bun.file(project.path("bin/alpha.js")).text()).toContain("alpha.2");
  // Whole again, and the same as what is published.
  writeFileSync(project.path("plugin/alpha/index.ts"), source("alpha.2"));
  await child.line(/^bin\/alpha\.js$/);
  expect(await Bun.file(project.path("bin/beta.js")).text()).toBe(beta);
  child.kill("SIGINT");
  expect(await child.exit()).toBe(130);
  expect((await readdir(project.out)).toSorted()).toEqual(["alpha.js", "beta.js"]);
  expect(child.stdout.match(/beta/g)).toHaveLength(1);
});

test("build --watch refuses flags that make no sense with it", async () => {
  await using project = await createProject({ "plugin/alpha/index.ts": source("alpha.1") });
  for (const flag of ["--staticLinking", "--leaveTemps", "--no-bundle"]) {
    await using child = watch(project, flag, "plugin/alpha", "bin");
    expect(await child.exit()).toBe(1);
    expect(child.stderr).toMatch(/^error: .* does not go with --watch/);
  }
  await using missing = watch(project, "plugin/none", "bin");
  expect(await missing.exit()).toBe(1);
  expect(missing.stderr).toContain("the plugin folder plugin/none does not exist");
});

test("build --watch follows folders that come and go, with their artifacts", async () => {
  await using project = await createProject({ "plugin/alpha/index.ts": source("alpha.1") });
  await using child = watch(project, "plugin/*", "bin");
  await child.line(/^bin\/alpha\.js$/);
  await project.write({ "plugin/beta/index.ts": source("beta.1") });
  await child.line(/^bin\/beta\.js$/);
  await project.remove("plugin/alpha");
  while ((await readdir(project.out)).includes("alpha.js")) await Bun.sleep(5);
  expect(await readdir(project.out)).toEqual(["beta.js"]);
});
