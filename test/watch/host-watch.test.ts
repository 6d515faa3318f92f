import { describe, expect, test } from "bun:test";
import type { ReloadRecord, SwapperOptions } from "hotswap";
import { cp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { createHost, type Host, journalPlugin } from "../support/host.ts";

/** A loaded host that reloads what is published. */
async function createWatchingHost(
  plugins: Readonly<Record<string, string>>,
  options: SwapperOptions<undefined> = {},
): Promise<Host> {
  const host = await createHost(plugins, { watch: true, ...options });
  await host.swapper.loadPlugins("settings");
  return host;
}

/** The next load or reload that ends after this call. */
function nextReload({ swapper }: Host): Promise<ReloadRecord> {
  const { promise, resolve } = Promise.withResolvers<ReloadRecord>();
  const unsubscribe = swapper.subscribe((news) => {
    if (news.type !== "end") return;
    unsubscribe();
    resolve(news.record);
  });
  return promise;
}

const notes = (record: ReloadRecord): string => (record.ok ? String(record.details) : record.error.message);

describe("a host that watches its plugin folder", () => {
  test("reloads what is published, with the data of the load", async () => {
    await using host = await createWatchingHost({
      alpha: `import { definePlugin } from "hotswap"; export default definePlugin({});`,
    });
    const reload = nextReload(host);
    await host.change(
      "alpha",
      `import { definePlugin } from "hotswap"; import { log } from "../../journal";
       export default definePlugin({ onLoad(data) { log(String(data)); } });`,
    );
    expect(notes(await reload)).toBe("alpha: ok");
    expect(host.takeEvents()).toEqual(["settings"]);
  });

  test("several plugins that are published together are one reload", async () => {
    const names = ["alpha", "beta", "delta", "gamma"];
    await using host = await createWatchingHost(Object.fromEntries(names.map((name) => [name, journalPlugin(name)])));
    for (const name of names) await host.project.write({ [`plugin/${name}/index.ts`]: journalPlugin(name, [], 2) });
    const built = await Promise.all(
      names.map((name) => host.project.build(name, { outputDir: host.project.path("next") })),
    );
    const reload = nextReload(host);
    for (const { file } of built) await rename(file, join(host.project.out, basename(file)));
    expect(notes(await reload)).toBe("alpha: ok, beta: ok, delta: ok, gamma: ok");
    // Something of a different kind, to be sure that no second reload of these came first.
    const next = nextReload(host);
    await host.project.remove("bin/gamma.js");
    expect(notes(await next)).toBe("alpha: unchanged, beta: unchanged, delta: unchanged, gamma: removed");
    expect(host.swapper.reloadCounter).toBe(2);
  });

  test("what does not change a plugin causes no reload", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    await host.project.write({ "bin/notes.txt": "text", "bin/.alpha.1.tmp": "part" });
    await host.project.write({ "bin/alpha.js": await Bun.file(host.project.path("bin/alpha.js")).bytes() });
    const reload = nextReload(host);
    await host.change("beta", journalPlugin("beta"));
    expect(notes(await reload)).toBe("alpha: unchanged, beta: ok");
    expect(host.swapper.reloadCounter).toBe(1);
  });

  test("a reload that fails is logged, and the next publication tries again", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const failed = nextReload(host);
    await host.change(
      "alpha",
      `import { definePlugin } from "hotswap"; export default definePlugin({ onLoad() { throw new Error("no luck"); } });`,
    );
    expect(notes(await failed)).toContain("no luck");
    await host.logger.line(/^error: what was published in .*bin is not live: .*no luck/);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    const reload = nextReload(host);
    await host.change("alpha", journalPlugin("alpha", [], 3));
    expect(notes(await reload)).toBe("alpha: ok");
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(3);
  });

  test("what is put back to what is live, after a reload that failed, ends the failure", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const failed = nextReload(host);
    await host.change(
      "alpha",
      `import { definePlugin } from "hotswap"; throw new Error("no luck"); export default definePlugin({});`,
    );
    expect((await failed).ok).toBe(false);
    const mended = nextReload(host);
    await host.change("alpha", journalPlugin("alpha"));
    expect(notes(await mended)).toBe("alpha: unchanged");
    expect(host.swapper.reloads.at(-1)?.ok).toBe(true);
  });

  test("after a first load that failed, a publication is the first load", async () => {
    await using host = await createHost(
      { alpha: `import { definePlugin } from "hotswap"; throw new Error("no luck"); export default definePlugin({});` },
      { watch: true },
    );
    expect(await host.swapper.loadPlugins().catch((error: Error) => error.message)).toContain("no luck");
    const load = nextReload(host);
    await host.change("alpha", journalPlugin("alpha"));
    expect(await load).toMatchObject({ kind: "load", ok: true });
  });

  test("a copy that is made in pieces is not loaded before it is whole", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    await host.project.write({ "plugin/alpha/index.ts": journalPlugin("alpha", [], 2) });
    await host.project.build("alpha", { outputDir: host.project.path("elsewhere") });
    const bytes = await Bun.file(host.project.path("elsewhere/alpha.js")).bytes();
    const failed = nextReload(host);
    await host.project.write({ "bin/alpha.js": bytes.subarray(0, bytes.length / 2) });
    expect(await failed).toMatchObject({ ok: false, error: { code: "HOTSWAP_INVALID_ARTIFACT" } });
    const reload = nextReload(host);
    await host.project.write({ "bin/alpha.js": bytes });
    expect(notes(await reload)).toBe("alpha: ok");
  });

  test("nothing is reloaded after close()", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    await host.swapper.close();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await using other = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const reload = nextReload(other);
    await other.change("alpha", journalPlugin("alpha", [], 2));
    await reload;
    expect(host.swapper.reloads).toHaveLength(1);
    expect(host.logger.of("error")).toEqual([]);
  });
});

describe("the folder that is watched", () => {
  test("resetPluginDir moves the watch, to a folder that may not be there yet", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const later = host.project.path("later", "plugins");
    host.swapper.resetPluginDir(later);
    const reload = nextReload(host);
    await host.project.write({ "plugin/alpha/index.ts": journalPlugin("alpha", [], 2) });
    await host.project.build("alpha", { outputDir: later });
    expect(notes(await reload)).toBe("alpha: ok");
    await host.change("alpha", journalPlugin("alpha", [], 3));
    const next = nextReload(host);
    await host.project.build("alpha", { outputDir: later });
    expect(notes(await next)).toBe("alpha: ok");
    expect(host.swapper.reloads).toHaveLength(3);
  });

  test("it may be replaced by a rename", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const { project } = host;
    await project.write({ "plugin/alpha/index.ts": journalPlugin("alpha", [], 2) });
    await project.build("alpha", { outputDir: project.path("next") });
    const reload = nextReload(host);
    await rename(project.out, project.path("old"));
    await rename(project.path("next"), project.out);
    expect(notes(await reload)).toBe("alpha: ok");
    const again = nextReload(host);
    await host.change("alpha", journalPlugin("alpha", [], 3));
    expect(notes(await again)).toBe("alpha: ok");
  });

  test("it may be reached through a link that leads elsewhere from now on", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { watch: true });
    const { project, swapper } = host;
    await mkdir(project.path("releases/1"), { recursive: true });
    await cp(project.out, project.path("releases/1/bin"), { recursive: true });
    await symlink("releases/1", project.path("current"));
    swapper.resetPluginDir(project.path("current/bin"));
    await swapper.loadPlugins();
    await project.write({ "plugin/alpha/index.ts": journalPlugin("alpha", [], 2) });
    await project.build("alpha", { outputDir: project.path("releases/2/bin") });
    const reload = nextReload(host);
    await symlink("releases/2", project.path("current.new"));
    await rename(project.path("current.new"), project.path("current"));
    expect(notes(await reload)).toBe("alpha: ok");
  });

  test("emptied and filled anew, it keeps what is live until it is filled", async () => {
    await using host = await createWatchingHost({ alpha: journalPlugin("alpha") });
    const bytes = await Bun.file(host.project.path("bin/alpha.js")).bytes();
    await rm(host.project.path("bin/alpha.js"));
    await host.logger.line(/^warn: .*bin is empty: what was loaded from it stays/);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    await writeFile(host.project.path("bin/alpha.js"), bytes);
    const reload = nextReload(host);
    await host.change("beta", journalPlugin("beta"));
    expect(notes(await reload)).toBe("alpha: unchanged, beta: ok");
  });
});
