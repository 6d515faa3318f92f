import { copyFile, mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { build } from "../../src/build/index.ts";
import { PluginDirScanner } from "../../src/load/scan.ts";
import type { FoundArtifacts } from "../../src/load/found-artifact.ts";
import { createProject, type Project } from "../support/project.ts";
import { hotswapError } from "../support/host.ts";

let made: Project;

/** Built once: each test copies what it needs. */
beforeAll(async () => {
  made = await createProject();
  for (const [folder, mark] of Object.entries({ one: "first", two: "other" })) {
    for (const name of ["alpha", "beta", "gamma"]) {
      const source = `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { mark: () => "${mark}" } });`;
      await made.write({ [`${folder}/${name}/index.ts`]: source });
      await build({ pluginDir: made.path(`${folder}/${name}`), outputDir: made.path(`bin-${folder}`) });
    }
  }
});

afterAll(() => made[Symbol.asyncDispose]());

/** An artifact's file: `first` and `other` versions of a plugin are equally long. */
const artifact = (name: string, version: "one" | "two" = "one"): string => made.path(`bin-${version}/${name}.js`);

interface Folder extends AsyncDisposable {
  readonly dir: string;
  file(name: string): string;
  put(name: string, from: string): Promise<void>;
}

async function folderWith(...names: readonly string[]): Promise<Folder> {
  const dir = made.path(`plugins-${crypto.randomUUID()}`);
  await mkdir(dir);
  const folder: Folder = {
    dir,
    file: (name) => `${dir}/${name}.js`,
    async put(name, from) {
      // As a build publishes: beside it, then in its place.
      await copyFile(from, `${dir}/.${name}.tmp`);
      await rename(`${dir}/.${name}.tmp`, `${dir}/${name}.js`);
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  };
  for (const name of names) await folder.put(name, artifact(name));
  return folder;
}

const hashes = (found: FoundArtifacts): Record<string, string> =>
  Object.fromEntries(Array.from(found, ([key, { hash }]) => [key, hash]));

/** What a scanner finds that has never seen the folder. */
const anew = async (dir: string): Promise<Record<string, string>> => hashes(await new PluginDirScanner().scan(dir));

test("artifacts come by name, in the order of their files", async () => {
  await using folder = await folderWith("gamma", "alpha", "beta");
  const found = await new PluginDirScanner().scan(folder.dir);
  expect(Array.from(found.keys())).toEqual(["alpha", "beta", "gamma"]);
});

test("a file that was published anew, and no other, is another artifact for the next scan", async () => {
  await using folder = await folderWith("alpha", "beta");
  const scanner = new PluginDirScanner();
  const before = await scanner.scan(folder.dir);
  await folder.put("beta", artifact("beta", "two"));
  const after = await scanner.scan(folder.dir);
  expect(hashes(after)).toEqual(await anew(folder.dir));
  expect(after.get("beta")?.hash).not.toBe(before.get("beta")?.hash);
  expect(after.get("alpha")?.hash).toBe(before.get("alpha")?.hash);
});

test("a file that is overwritten in place, with as many bytes, is seen by its time", async () => {
  await using folder = await folderWith("alpha", "beta");
  const scanner = new PluginDirScanner();
  const before = await scanner.scan(folder.dir);
  const bytes = await Bun.file(artifact("alpha", "two")).bytes();
  expect(bytes.length).toBe(Bun.file(folder.file("alpha")).size);
  await writeFile(folder.file("alpha"), bytes);
  // Where the clock of the file system is coarse, both writes may have happened at one time.
  await utimes(folder.file("alpha"), new Date(), new Date(Date.now() + 5000));
  const after = await scanner.scan(folder.dir);
  expect(hashes(after)).toEqual(await anew(folder.dir));
  expect(after.get("alpha")?.hash).not.toBe(before.get("alpha")?.hash);
});

test("what comes and goes is found and forgotten", async () => {
  await using folder = await folderWith("alpha", "gamma");
  const scanner = new PluginDirScanner();
  await scanner.scan(folder.dir);
  await folder.put("beta", artifact("beta"));
  await rm(folder.file("gamma"));
  expect(hashes(await scanner.scan(folder.dir))).toEqual(await anew(folder.dir));
  await rm(folder.file("alpha"));
  expect(Array.from((await scanner.scan(folder.dir)).keys())).toEqual(["beta"]);
});

test("13.3 a folder that takes the name of an artifact is refused, until it gives it back", async () => {
  await using folder = await folderWith("alpha", "beta");
  const scanner = new PluginDirScanner();
  await scanner.scan(folder.dir);
  await rm(folder.file("alpha"));
  await mkdir(folder.file("alpha"));
  const error = await hotswapError(scanner.scan(folder.dir));
  expect(error).toMatchObject({ code: "HOTSWAP_NOT_A_FILE", phase: "scan" });
  expect(error.message).toContain(`${folder.file("alpha")} is a folder`);
  await rm(folder.file("alpha"), { recursive: true });
  await folder.put("alpha", artifact("alpha"));
  expect(Array.from((await scanner.scan(folder.dir)).keys())).toEqual(["alpha", "beta"]);
});

test("a file that holds another plugin now", async () => {
  await using folder = await folderWith("alpha", "beta");
  const scanner = new PluginDirScanner();
  await scanner.scan(folder.dir);
  await folder.put("alpha", artifact("gamma"));
  expect(hashes(await scanner.scan(folder.dir))).toEqual(await anew(folder.dir));
});

test("a scan that fails is not remembered", async () => {
  await using folder = await folderWith("alpha", "beta");
  const scanner = new PluginDirScanner();
  await scanner.scan(folder.dir);
  await folder.put("alpha", artifact("alpha", "two"));
  await writeFile(folder.file("gamma"), "no artifact");
  expect((await hotswapError(scanner.scan(folder.dir))).code).toBe("HOTSWAP_INVALID_ARTIFACT");
  expect((await hotswapError(scanner.scan(folder.dir))).code).toBe("HOTSWAP_INVALID_ARTIFACT");
  await rm(folder.file("gamma"));
  await folder.put("copy", artifact("beta"));
  expect((await hotswapError(scanner.scan(folder.dir))).code).toBe("HOTSWAP_DUPLICATE_PLUGIN");
  await rm(folder.file("copy"));
  expect(hashes(await scanner.scan(folder.dir))).toEqual(await anew(folder.dir));
});

test("another folder with the same names", async () => {
  await using first = await folderWith("alpha", "beta");
  await using second = await folderWith("alpha", "beta");
  await second.put("alpha", artifact("alpha", "two"));
  const scanner = new PluginDirScanner();
  await scanner.scan(first.dir);
  const found = await scanner.scan(second.dir);
  expect(hashes(found)).toEqual(await anew(second.dir));
  expect(found.get("beta")?.file).toBe(second.file("beta"));
});
