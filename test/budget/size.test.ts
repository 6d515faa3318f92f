import { afterAll, beforeAll, expect, test } from "bun:test";
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, declare, publishedManifest } from "../../package/published.ts";

/* How much code each entrance of the published package loads: when one of these grows, somebody should know why. */

const checkout = join(import.meta.dir, "..", "..");

let folder: string;
let dist: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "hotswap-size-"));
  dist = join(folder, "dist");
  await bundle(dist);
});

afterAll(() => rm(folder, { recursive: true }));

const transpiler = new Bun.Transpiler({ loader: "js" });

/** Bytes of the files that importing `name` loads, and the modules of Bun that they import. */
async function loadedBy(name: string): Promise<{ readonly bytes: number; readonly builtins: readonly string[] }> {
  const files = new Set([name]);
  const builtins = new Set<string>();
  let bytes = 0;
  for (const file of files) {
    const code = await Bun.file(join(dist, file)).text();
    bytes += code.length;
    for (const { kind, path } of transpiler.scanImports(code.replace(/^#!.*/, ""))) {
      if (kind !== "import-statement") continue;
      if (path.startsWith("./")) files.add(path.slice(2));
      else builtins.add(path);
    }
  }
  return { bytes, builtins: [...builtins].toSorted() };
}

test.each([
  ["index.js", 280_000],
  ["build.js", 200_000],
  ["dashboard.js", 46_000],
  ["fleet.js", 106_000],
  ["jobs.js", 59_000],
  ["opentelemetry.js", 10_000],
  ["main.js", 20_000],
])("%s loads no more than %d bytes", async (name, most) => {
  expect((await loadedBy(name)).bytes).toBeLessThan(most);
});

test(`import "hotswap" loads only modules of Bun that load quickly`, async () => {
  // node:util, node:fs/promises and node:url take 1 to 6 ms each; a store's SQLite and a large file are rarely there.
  const allowed = "async_hooks bun:jsc diagnostics_channel fs module os path util/types";
  expect((await loadedBy("index.js")).builtins).toEqual(allowed.split(" "));
});

test("what is packed has fewer than 200 files and 500 KB, and one declaration file for each entrance at least", async () => {
  await declare(join(folder, "types"));
  await Bun.write(join(folder, "package.json"), JSON.stringify(publishedManifest()));
  for (const name of ["README.md", "LICENSE"]) await cp(join(checkout, name), join(folder, name));
  const packed = Bun.spawnSync([process.execPath, "pm", "pack", "--quiet"], { cwd: folder });
  const tarball = Bun.file(join(folder, packed.stdout.toString().trim()));
  const files = await new Bun.Archive(await tarball.bytes()).files();
  console.log(`${files.size} files, ${tarball.size} bytes packed`);
  expect(files.size).toBeLessThan(200);
  expect(tarball.size).toBeLessThan(500_000);
  const declarations = await readdir(join(folder, "types"));
  const entrances = Object.keys(publishedManifest().exports).filter((path) => path !== "./package.json");
  const expected = entrances.map((path) => `${path === "." ? "index" : path.slice(2)}.d.ts`);
  expect(expected.filter((name) => !declarations.includes(name))).toEqual([]);
}, 120_000);
