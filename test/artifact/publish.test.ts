import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeArtifact } from "../../src/artifact/decode.ts";
import { encodeArtifact } from "../../src/artifact/encode.ts";
import { isPublished, publishArtifact } from "../../src/artifact/publish.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "hotswap-publish-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function artifactOf(build: number): Uint8Array {
  const manifest = { name: "alpha", folder: "plugin/alpha", hostModules: [], liveFuncs: {}, liveTypes: {}, assets: [] };
  // Large enough that writing it takes several steps of the file system.
  const code = `export const mark = "${"x".repeat(300_000 + build)}";`;
  return encodeArtifact({ manifest, prologue: "", code, assets: [], sourceMap: undefined }).bytes;
}

test("9 a reader in another process decodes a whole artifact at any moment of 200 publications", async () => {
  const file = publishArtifact(dir, "alpha", artifactOf(0));
  const ready = Promise.withResolvers<void>();
  const report = Promise.withResolvers<{ seen: number; failures: string[] }>();
  await using reader = Bun.spawn([process.execPath, join(import.meta.dir, "polling-reader.ts"), file], {
    ipc: (message) => (message === "ready" ? ready.resolve() : report.resolve(message)),
    stdio: ["ignore", "inherit", "inherit"],
  });
  await ready.promise;
  for (let build = 1; build <= 200; build++) publishArtifact(dir, "alpha", artifactOf(build));
  reader.send("stop");
  const { seen, failures } = await report.promise;
  expect(failures).toEqual([]);
  expect(seen).toBeGreaterThan(1);
  await reader.exited;
  expect(await readdir(dir)).toEqual(["alpha.js"]);
  expect(decodeArtifact(await readFile(file), file).manifest.name).toBe("alpha");
});

test("9 a publication that fails leaves the earlier artifact and no other file", async () => {
  const file = publishArtifact(dir, "alpha", artifactOf(1));
  const before = await readFile(file);
  // A folder in the place of the artifact cannot be replaced by a file.
  await Bun.write(join(dir, "beta.js", "inside.txt"), "");
  expect(() => publishArtifact(dir, "beta", artifactOf(2))).toThrow();
  await chmod(dir, 0o500);
  try {
    if (process.getuid?.() !== 0) expect(() => publishArtifact(dir, "alpha", artifactOf(2))).toThrow();
  } finally {
    await chmod(dir, 0o700);
  }
  expect(await readFile(file)).toEqual(before);
  expect((await readdir(dir)).toSorted()).toEqual(["alpha.js", "beta.js"]);
});

test("9 an artifact is there already only if every byte of it is", async () => {
  const bytes = artifactOf(1);
  const file = join(dir, "alpha.js");
  expect(isPublished(file, bytes)).toBe(false);
  publishArtifact(dir, "alpha", bytes);
  expect(isPublished(file, bytes)).toBe(true);
  expect(isPublished(file, artifactOf(2))).toBe(false);
  // Of the same length, with another hash; then with the same hash, but damaged.
  for (const place of [20, bytes.length - 10]) {
    const other = Uint8Array.from(bytes);
    other[place] = (other[place] ?? 0) ^ 1;
    await writeFile(file, other);
    expect(isPublished(file, bytes)).toBe(false);
  }
});
