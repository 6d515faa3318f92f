import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { PluginManagerSwapper } from "hotswap";
import { type ArtifactParts, encodeArtifact } from "../../src/artifact/encode.ts";
import type { Manifest } from "../../src/artifact/manifest.ts";
import { readArtifact } from "../../src/artifact/read-artifact.ts";
import { PluginDirScanner } from "../../src/load/scan.ts";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";

const manifest: Manifest = {
  name: "alpha",
  folder: "plugin/alpha",
  hostModules: [],
  liveFuncs: {},
  liveTypes: {},
  assets: [],
};
const parts: ArtifactParts = { manifest, prologue: "", code: "export default 1;", assets: [], sourceMap: undefined };

/** A folder that is gone with the test. */
async function folder(): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(tmpdir(), "hotswap-test-"));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) };
}

test("a folder, a pipe, a device and a socket that are named like artifacts are refused at once, and what is live stays", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") });
  await host.swapper.loadPlugins();
  const server = createServer();
  const kinds: readonly [kind: string, make: (path: string) => unknown][] = [
    ["a folder", (path) => mkdir(path)],
    ["a named pipe", (path) => Bun.spawnSync(["mkfifo", path])],
    ["a device", (path) => symlink("/dev/zero", path)],
    ["a device", (path) => symlink("/dev/urandom", path)],
    ["a socket", (path) => new Promise<void>((resolve) => server.listen(path, resolve))],
  ];
  for (const [kind, make] of kinds) {
    const path = host.project.path("bin/x.js");
    await make(path);
    const error = await hotswapError(host.swapper.reload());
    expect(error).toMatchObject({ code: "HOTSWAP_NOT_A_FILE", phase: "scan" });
    expect(error.message).toBe(`${path} is ${kind}, and only regular files are read: remove it, or put the file there`);
    await rm(path, { force: true, recursive: true });
  }
  server.close();
  expect(String(await host.swapper.reload())).toBe("alpha: unchanged");
});

test("what is put there between the look and the opening is refused as well", async () => {
  await using made = await folder();
  const path = join(made.dir, "x.js");
  Bun.spawnSync(["mkfifo", path]);
  expect(await hotswapError(readArtifact(path))).toMatchObject({ code: "HOTSWAP_NOT_A_FILE" });
});

test("a link to an artifact is one", async () => {
  await using made = await folder();
  await writeFile(join(made.dir, "real"), encodeArtifact(parts).bytes);
  await symlink(join(made.dir, "real"), join(made.dir, "x.js"));
  expect(Array.from((await new PluginDirScanner().scan(made.dir)).keys())).toEqual(["alpha"]);
});

test("a file is judged by its size and its first bytes before it is read", async () => {
  await using made = await folder();
  const sparse = (name: string, beginning: string, size: number): void => {
    const descriptor = openSync(join(made.dir, name), "w");
    writeSync(descriptor, beginning);
    ftruncateSync(descriptor, size);
    closeSync(descriptor);
  };
  const scan = (maxArtifactSize: number) => new PluginDirScanner({ maxArtifactSize, trust: undefined }).scan(made.dir);
  const before = process.memoryUsage.rss();
  for (let index = 0; index < 16; index++) sparse(`${index}.js`, "// no artifact", 2 ** 31);
  expect(await hotswapError(scan(2 ** 40))).toMatchObject({ code: "HOTSWAP_INVALID_ARTIFACT" });
  const error = await hotswapError(new PluginDirScanner().scan(made.dir));
  expect(error).toMatchObject({ code: "HOTSWAP_TOO_LARGE", phase: "scan" });
  expect(error.message).toMatch(/has 2147483648 bytes, and an artifact may have 268435456/);
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 * 2 ** 20);
});

test("maxArtifactSize is the host's to set, and must be a number", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") }, { maxArtifactSize: 100 });
  expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({ code: "HOTSWAP_TOO_LARGE", phase: "scan" });
  expect(() => new PluginManagerSwapper("bin", { maxArtifactSize: -1 })).toThrow(RangeError);
});

test("many large artifacts are read a few at a time, and not kept in memory together", async () => {
  await using made = await folder();
  const padding = "x".repeat(7 * 2 ** 20);
  for (let index = 0; index < 10; index++) {
    const code = `export default ${index}; /* ${padding} */`;
    const artifact = encodeArtifact({ ...parts, manifest: { ...manifest, name: `p${index}` }, code });
    await writeFile(join(made.dir, `p${index}.js`), artifact.bytes);
  }
  const found = await new PluginDirScanner().scan(made.dir);
  const first = await Promise.all(Array.from(found.values(), (artifact) => artifact.bytes()));
  const again = await Promise.all(Array.from(found.values(), (artifact) => artifact.bytes()));
  // Those that the scan kept are the same bytes; the others are read again from their files.
  const kept = first.filter((bytes, index) => bytes === again[index]);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.reduce((sum, bytes) => sum + bytes.length, 0)).toBeLessThanOrEqual(64 * 2 ** 20);
  expect(first.map((bytes) => bytes.length)).toEqual(again.map((bytes) => bytes.length));
});

test("other bytes of the same size, with the same inode and the same time, are seen", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") });
  const time = new Date("2020-01-01T00:00:00Z");
  const file = host.project.path("bin/alpha.js");
  await utimes(file, time, time);
  await host.swapper.loadPlugins();
  await copyFile(file, host.project.path("saved"));
  await host.change("alpha", journalPlugin("alpha", [], 2));
  const next = await readFile(file);
  await rename(host.project.path("saved"), file);
  await host.swapper.reload();
  // As `cp -p` does over a file that is there: its inode stays, and the time is set.
  await writeFile(file, next);
  await utimes(file, time, time);
  expect(String(await host.swapper.reload())).toBe("alpha: ok");
  expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(2);
});

test("a manifest that hotswap did not write is refused, whatever is wrong with it", async () => {
  await using made = await folder();
  const wrong: readonly [unknown, RegExp][] = [
    [7, /it is not an object/],
    [[], /it is not an object/],
    [{ ...manifest, name: "" }, /its name is ""/],
    [{ ...manifest, name: "../up" }, /its name is "..\/up"/],
    [{ ...manifest, name: "a\0b" }, /its name is "a\\u0000b"/],
    [{ ...manifest, name: { toString: 1 } }, /its name is/],
    [{ ...manifest, hostModules: [{ specifier: "x", lazy: false }] }, /its hostModules/],
    [{ ...manifest, hostModules: null }, /its hostModules/],
    [{ ...manifest, liveFuncs: { live_a: 1 } }, /its liveFuncs/],
    [{ ...manifest, assets: [{ path: "a", size: -1 }] }, /its assets/],
    [{ ...manifest, assets: [{ path: "a", size: 1e9 }] }, /it lacks files that its manifest lists/],
    [{ ...manifest, sections: { folder: "x" } }, /its sections/],
  ];
  for (const [each, message] of wrong) {
    const artifact = encodeArtifact({ ...parts, manifest: each as Manifest });
    await writeFile(join(made.dir, "x.js"), artifact.bytes);
    const swapper = new PluginManagerSwapper(made.dir, { logger: new RecordingLogger() });
    const error = await hotswapError(swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_ARTIFACT", phase: "scan" });
    expect(error.message).toMatch(message);
    await swapper.close();
  }
});
