import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { hotswap } from "../cli/run-cli.ts";
import { createProject, Project } from "../support/project.ts";

const checkout = join(import.meta.dir, "..", "..");

async function manifestOf(project: Project): Promise<{ name: string; dependencies: { hotswap: string } }> {
  return Bun.file(project.path("demo", "package.json")).json();
}

test("hotswap new writes a host, a plugin with its types, and says what comes next", async () => {
  await using project = await createProject();
  const { exitCode, stdout, stderr } = await hotswap(project, "new", "demo");
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  const lines = stdout.split("\n").map((line) => line.trim());
  expect(lines).toContainValues(["cd demo", "bun install", "bun run dev"]);
  const files = await readdir(project.path("demo"), { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  expect(paths.map((path) => path.slice(project.path("demo").length + 1)).toSorted()).toEqual([
    ".gitignore",
    ".vscode/launch.json",
    "README.md",
    "hotswap.d.ts",
    "package.json",
    "plugin/hello/index.ts",
    "src/host.ts",
    "tsconfig.json",
  ]);
  for (const path of paths) expect(await Bun.file(path).text()).not.toContain("{{");
});

test("what hotswap new writes compiles under strict options, and its types are up to date", async () => {
  await using project = await createProject();
  await hotswap(project, "new", "demo");
  const demo = new Project(project.path("demo"));
  expect(await hotswap(demo, "types", "--check")).toMatchObject({ exitCode: 0 });
  await mkdir(demo.path("node_modules"));
  await symlink(checkout, demo.path("node_modules", "hotswap"), "dir");
  await symlink(join(checkout, "node_modules", "bun-types"), demo.path("node_modules", "bun-types"), "dir");
  const tsc = Bun.spawnSync([join(checkout, "node_modules", ".bin", "tsc")], { cwd: demo.root });
  expect({ output: tsc.stdout.toString(), exitCode: tsc.exitCode }).toEqual({ output: "", exitCode: 0 });
});

test("the project depends on the checkout that hotswap runs from, or on the one that --link names", async () => {
  await using project = await createProject();
  await hotswap(project, "new", "demo");
  expect(await manifestOf(project)).toMatchObject({ name: "demo", dependencies: { hotswap: `link:${checkout}` } });
  await project.remove("demo");
  await project.write({ "fork/package.json": `{ "name": "hotswap", "version": "7.0.0" }` });
  expect(await hotswap(project, "new", "demo", "--link", "fork")).toMatchObject({ exitCode: 0 });
  expect((await manifestOf(project)).dependencies.hotswap).toBe(`link:${project.path("fork")}`);
});

test.each([
  ["nothing there", "nowhere", "is not a folder"],
  ["another package", "other", "there is no hotswap"],
])("a --link to %s is refused, and nothing is written", async (_, link, message) => {
  await using project = await createProject({ "other/package.json": `{ "name": "other" }` });
  const { exitCode, stderr } = await hotswap(project, "new", "demo", "--link", link);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(message);
  expect(await readdir(project.root)).not.toContain("demo");
});

test.each(["", "..", "../demo", "a/b", "Demo", "-demo", ".demo", "de mo", "hotswap", "node_modules", "d".repeat(215)])(
  "the name %j is refused, and nothing is written",
  async (name) => {
    await using project = await createProject();
    const before = await readdir(project.root);
    const { exitCode, stdout, stderr } = await hotswap(project, "new", name);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toStartWith("error: ");
    expect(stderr).toContain("Usage: hotswap new");
    expect(await readdir(project.root)).toEqual(before);
  },
);

test.each([
  ["no name", [], "give the project's name"],
  ["two names", ["a", "b"], "give one name, not 2"],
])("%s is refused", async (_, names, message) => {
  await using project = await createProject();
  const { exitCode, stderr } = await hotswap(project, "new", ...names);
  expect(exitCode).toBe(1);
  expect(stderr).toContain(message);
});

test("what is there is never overwritten; a folder with other things in it is used", async () => {
  await using project = await createProject({ "demo/notes.txt": "mine", "demo/src/host.ts": "mine" });
  const refused = await hotswap(project, "new", "demo");
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toContain("demo has src/host.ts, and nothing of yours is overwritten: move it away");
  expect((await readdir(project.path("demo"))).toSorted()).toEqual(["notes.txt", "src"]);
  await project.remove("demo/src/host.ts");
  expect(await hotswap(project, "new", "demo")).toMatchObject({ exitCode: 0 });
  expect(await readdir(project.path("demo"))).toContainValues(["package.json", "notes.txt"]);
});

test("hotswap new . uses the folder where it is run, and its name", async () => {
  await using outer = await createProject({ "My Server/.git/HEAD": "mine", "Taken/package.json": "{}" });
  const here = new Project(outer.path("My Server"));
  const { exitCode, stdout, stderr } = await hotswap(here, "new", ".");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toStartWith("wrote my-server");
  expect(stdout).not.toContain("cd ");
  expect(await Bun.file(here.path("package.json")).json()).toMatchObject({ name: "my-server" });
  const taken = await hotswap(new Project(outer.path("Taken")), "new", ".");
  expect(taken.exitCode).toBe(1);
  expect(taken.stderr).toStartWith("error: this folder has package.json, and nothing of yours is overwritten");
});

test("a file of that name is left as it is", async () => {
  await using project = await createProject({ demo: "mine" });
  const { exitCode, stderr } = await hotswap(project, "new", "demo");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("demo is a file");
  expect(await Bun.file(project.path("demo")).text()).toBe("mine");
});
