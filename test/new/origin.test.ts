import { symlink } from "node:fs/promises";
import { expect, test } from "bun:test";
import { dependencyOn } from "../../cli/new/origin.ts";
import { createProject, type Files, type Project } from "../support/project.ts";

const installed = { "server/node_modules/hotswap/package.json": `{ "name": "hotswap", "version": "1.2.3" }` };

function manifest(field: string, specifier: string): Files {
  return { ...installed, "server/package.json": JSON.stringify({ name: "server", [field]: { hotswap: specifier } }) };
}

function origin(project: Project): string {
  return dependencyOn(project.path("server", "node_modules", "hotswap"));
}

test.each([
  ["../hotswap-0.1.0.tgz", "<root>/hotswap-0.1.0.tgz"],
  ["hotswap-0.1.0.tgz", "<root>/server/hotswap-0.1.0.tgz"],
  ["file:../hotswap-0.1.0.tgz", "file:<root>/hotswap-0.1.0.tgz"],
  ["file:hotswap-0.1.0.tgz", "file:<root>/server/hotswap-0.1.0.tgz"],
  ["/packages/hotswap.tgz", "/packages/hotswap.tgz"],
  ["file:/packages/hotswap.tgz", "file:/packages/hotswap.tgz"],
  ["https://example.org/hotswap.tgz", "https://example.org/hotswap.tgz"],
  ["github:someone/hotswap", "github:someone/hotswap"],
  ["npm:@someone/hotswap@^1.0.0", "npm:@someone/hotswap@^1.0.0"],
  ["^1.2.0", "^1.2.0"],
])("hotswap that was installed as %j is, for a new project, %j", async (specifier, expected) => {
  await using project = await createProject(manifest("dependencies", specifier));
  expect(origin(project)).toBe(expected.replace("<root>", project.root));
});

test.each(["devDependencies", "optionalDependencies"])("it may stand in %s", async (field) => {
  await using project = await createProject(manifest(field, "../hotswap.tgz"));
  expect(origin(project)).toBe(project.path("hotswap.tgz"));
});

test("the manifest may be several folders further up, as in a store of packages", async () => {
  const store = "server/node_modules/.bun/hotswap@1.2.3/node_modules/hotswap/package.json";
  await using project = await createProject({
    ...manifest("dependencies", "../hotswap.tgz"),
    [store]: `{ "name": "hotswap", "version": "1.2.3" }`,
  });
  expect(dependencyOn(project.path(store, ".."))).toBe(project.path("hotswap.tgz"));
});

test("a link is followed to the folder that it leads to", async () => {
  await using project = await createProject({ "fork/package.json": `{ "name": "hotswap" }` });
  await project.write({ "server/node_modules/.keep": "" });
  await symlink(project.path("fork"), project.path("server", "node_modules", "hotswap"), "dir");
  expect(origin(project)).toBe(`link:${project.path("fork")}`);
});

test("where nobody says how it was installed, it is named by its version", async () => {
  await using project = await createProject(installed);
  expect(origin(project)).toBe("1.2.3");
  await project.write(manifest("dependencies", "workspace:*"));
  expect(origin(project)).toBe("1.2.3");
});
