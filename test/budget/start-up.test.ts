import { join } from "node:path";
import { expect, test } from "bun:test";

const checkout = join(import.meta.dir, "..", "..");

/** What `import "hotswap"` may load of our own source, in bytes. */
const LARGEST = 700_000;
/** And in files. */
const MOST = 160;

/** The files that importing `specifier` loads, and how long it took. */
async function loadedBy(
  specifier: string,
): Promise<{ readonly files: string[]; readonly ms: number; readonly mb: number }> {
  const script = `
    const [start, before] = [performance.now(), process.memoryUsage.rss()];
    await import(${JSON.stringify(specifier)});
    const [ms, mb] = [performance.now() - start, (process.memoryUsage.rss() - before) / 1e6];
    console.log(JSON.stringify({ files: Object.keys(require.cache), ms, mb }));`;
  const child = Bun.spawn([process.execPath, "-e", script], { cwd: checkout, stdout: "pipe", stderr: "inherit" });
  return JSON.parse(await new Response(child.stdout).text()) as { files: string[]; ms: number; mb: number };
}

test(`import "hotswap" loads the core, jobs and serve, and no package`, async () => {
  const { files, ms, mb } = await loadedBy("hotswap");
  const own = files.filter((file) => file.startsWith(join(checkout, "src")));
  const bytes = own.reduce((sum, file) => sum + Bun.file(file).size, 0);
  console.log(`${own.length} files, ${bytes} bytes; ${ms.toFixed(0)} ms and ${mb.toFixed(1)} MB on this machine`);
  const folders = new Set(own.map((file) => file.slice(join(checkout, "src").length + 1).split("/")[0]));
  for (const outer of ["control", "watch", "inspect", "dashboard", "observe", "trust", "build", "dev", "fleet"]) {
    expect(folders).not.toContain(outer);
  }
  expect(files.filter((file) => file.includes("node_modules"))).toEqual([]);
  expect(own.length).toBeLessThan(MOST);
  expect(bytes).toBeLessThan(LARGEST);
});

/** The packages that a host without a logger of its own loads by a load of no plugins. */
async function packagesLoaded(env: Record<string, string>): Promise<string[]> {
  const script = `
    import { mkdtempSync, rmdirSync } from "node:fs";
    import { PluginManagerSwapper } from "hotswap";
    const dir = mkdtempSync("/tmp/hotswap-empty-");
    const swapper = new PluginManagerSwapper(dir);
    swapper.controlTarget.logger.debug("a step");
    rmdirSync(dir);
    console.log(JSON.stringify(Object.keys(require.cache).filter((file) => file.includes("node_modules"))));
    process.exit(0);`;
  const { CONSOLA_LEVEL: _, DEBUG: __, ...others } = process.env;
  const child = Bun.spawn([process.execPath, "-e", script], {
    cwd: checkout,
    env: { ...others, ...env },
    stderr: "inherit",
  });
  return JSON.parse((await child.stdout.text()).trim().split("\n").at(-1) ?? "") as string[];
}

test("the default logger loads consola when it has something to show", async () => {
  expect(await packagesLoaded({})).toEqual([]);
  const shown = await packagesLoaded({ CONSOLA_LEVEL: "4" });
  expect(shown.some((file) => file.includes("consola"))).toBe(true);
});

test(`import "hotswap/jobs" loads jobs and what they need of the vault`, async () => {
  const { files } = await loadedBy("hotswap/jobs");
  const folders = new Set(files.map((file) => file.slice(join(checkout, "src").length + 1).split("/")[0]));
  for (const other of ["reload", "generation", "link", "serve"]) expect(folders).not.toContain(other);
});
