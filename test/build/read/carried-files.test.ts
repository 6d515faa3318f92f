import { expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { readArtifact } from "../../../src/artifact/read-artifact.ts";
import type { BuildOptions } from "../../../src/build/index.ts";
import { createProject, type Files } from "../../support/project.ts";
import { runArtifact } from "../support/run-artifact.ts";

const files: Files = {
  "plugin/alpha/index.ts": `import { asset, definePlugin } from "hotswap";
export const read = (path: string) => asset(path).text();
export default definePlugin({});
`,
  "plugin/alpha/texts/en.md": "hello",
  "plugin/alpha/texts/deep/de.md": "grüße",
  "plugin/alpha/texts/draft.md": "not yet",
  "plugin/alpha/data.json": "{}",
  "plugin/alpha/noise.bin": new Uint8Array([0, 255, 10, 13, 226, 128, 168]),
  "plugin/alpha/code.ts": "export const code = 1;",
  "plugin/alpha/types.d.ts": "export {};",
  "plugin/alpha/.hidden.md": "hidden",
  "plugin/alpha/.dot/in.md": "hidden",
  "plugin/alpha/node_modules/x/readme.md": "x",
};

async function carried(options: Partial<BuildOptions>): Promise<string[]> {
  await using project = await createProject(files);
  const { manifest } = await project.build("alpha", options);
  return manifest.assets.map(({ path }) => path);
}

test("9 --include carries the files that are not code, sorted, without packages and hidden files", async () => {
  expect(await carried({})).toEqual([]);
  expect(await carried({ include: "." })).toEqual([
    "data.json",
    "noise.bin",
    "texts/deep/de.md",
    "texts/draft.md",
    "texts/en.md",
  ]);
  expect(await carried({ include: String.raw`^texts/.*\.md$` })).toHaveLength(3);
  expect(await carried({ include: /\.JSON$/gi })).toEqual(["data.json"]);
});

test("9 --exclude leaves some of the included ones out", async () => {
  expect(await carried({ include: "md$", exclude: "draft|/deep/" })).toEqual(["texts/en.md"]);
});

test("9 an --include that matches nothing is a warning", async () => {
  await using project = await createProject(files);
  const { warnings } = await project.build("alpha", { include: String.raw`\.ts$` });
  expect(warnings.map(({ message }) => message)).toEqual([
    String.raw`--include \.ts$ matches no file that is not code`,
  ]);
});

test("9 carried files come back byte for byte, through the artifact and through asset()", async () => {
  await using project = await createProject(files);
  const result = await project.build("alpha", { include: "." });
  const { manifest, asset } = await readArtifact(result.file);
  for (const [index, { path, size }] of manifest.assets.entries()) {
    const bytes = await Bun.file(project.path("plugin/alpha", path)).bytes();
    expect(Buffer.from(asset(index)).equals(bytes)).toBe(true);
    expect(size).toBe(bytes.length);
  }
  using running = await runArtifact(project, result);
  expect(running.call("read", "texts/deep/de.md")).toBe("grüße");
  expect(() => running.call("read", "texts/en.txt")).toThrow('did you mean "texts/en.md"');
});

test("9 carried files are part of the hash, and the code that follows from them is not needed for it", async () => {
  await using project = await createProject(files);
  const before = await project.build("alpha", { include: "md$" });
  await project.write({ "plugin/alpha/texts/en.md": "Hello" });
  const after = await project.build("alpha", { include: "md$" });
  expect(after.hash).not.toBe(before.hash);
  await project.write({ "plugin/alpha/data.json": "[]" });
  expect(await project.build("alpha", { include: "md$" })).toMatchObject({ hash: after.hash, unchanged: true });
});

test("9 a linked file is carried with its content; a link that leads nowhere is not", async () => {
  await using project = await createProject(files);
  await project.write({ "shared.md": "shared" });
  await symlink(project.path("shared.md"), project.path("plugin/alpha/linked.md"));
  await symlink(project.path("nowhere.md"), project.path("plugin/alpha/broken.md"));
  const result = await project.build("alpha", { include: "linked|broken" });
  expect(result.manifest.assets).toEqual([{ path: "linked.md", size: 6 }]);
});
