import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { uncollected } from "../support/collect.ts";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

const source = join(import.meta.dir, "..", "..", "src", "index.ts");

/** A host whose plugins alpha and beta (which depends on alpha) were reloaded to these versions of alpha, one by one. */
async function versionedHost(alphas: readonly number[], history?: number): Promise<Host> {
  const host = await createHost(
    { alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) },
    history === undefined ? {} : { history },
  );
  await host.swapper.loadPlugins();
  for (const version of alphas) await reloadTo(host, version);
  return host;
}

async function reloadTo(host: Host, version: number): Promise<void> {
  await host.change("alpha", journalPlugin("alpha", [], version));
  await host.swapper.reload();
}

function versions(host: Host): unknown {
  return host.swapper.current?.findPlugin("beta")?.invokeFunc("versions");
}

/** How often rollback() goes back before there is nothing left. */
async function stepsBack(host: Host): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (;;) {
    try {
      await host.swapper.rollback();
    } catch (error) {
      expect(error).toMatchObject({ code: "HOTSWAP_NOTHING_TO_ROLL_BACK" });
      return seen;
    }
    seen.push(versions(host));
  }
}

describe("3.14 rollback", () => {
  test("goes back several steps, to the very first set, and counts each as a reload", async () => {
    await using host = await versionedHost([2, 3, 4]);
    expect(await stepsBack(host)).toEqual([
      [1, 3],
      [1, 2],
      [1, 1],
    ]);
    expect(host.swapper.reloadCounter).toBe(6);
    expect(host.swapper.reloads.map(({ kind }) => kind)).toEqual([
      "load",
      ...Array.from({ length: 3 }, () => "reload" as const),
      ...Array.from({ length: 3 }, () => "rollback" as const),
    ]);
  });

  test("needs neither a build nor the plugin folder", async () => {
    await using host = await versionedHost([2]);
    await rm(host.project.out, { recursive: true });
    await rm(host.project.path("plugin"), { recursive: true });
    expect(String(await host.swapper.rollback())).toBe("alpha: ok, beta: relinked");
    expect(versions(host)).toEqual([1, 1]);
  });

  test("brings back what was removed, and removes what was added", async () => {
    await using host = await versionedHost([]);
    await host.change("gamma", journalPlugin("gamma", ["alpha"]));
    await host.project.remove("bin/beta.js");
    expect(String(await host.swapper.reload())).toBe("alpha: unchanged, beta: removed, gamma: ok");
    expect(String(await host.swapper.rollback())).toBe("alpha: unchanged, beta: ok, gamma: removed");
    expect(versions(host)).toEqual([1, 1]);
  });

  test("after a reload that failed goes back from the set that is live", async () => {
    await using host = await versionedHost([2]);
    host.wishes.set("alpha.onInit", () => Promise.reject(new Error("no")));
    await host.change("alpha", journalPlugin("alpha", [], 3));
    await hotswapError(host.swapper.reload());
    host.wishes.clear();
    expect(versions(host)).toEqual([1, 2]);
    await host.swapper.rollback();
    expect(versions(host)).toEqual([1, 1]);
  });

  test("that fails itself changes nothing, and can be tried again", async () => {
    await using host = await versionedHost([2, 3]);
    host.wishes.set("beta.onLoad", () => Promise.reject(new Error("no")));
    expect(await hotswapError(host.swapper.rollback())).toMatchObject({ plugin: "beta", phase: "onLoad" });
    expect(versions(host)).toEqual([1, 3]);
    host.wishes.clear();
    expect(await stepsBack(host)).toEqual([
      [1, 2],
      [1, 1],
    ]);
  });

  test("the next reload goes forward to what is in the folder, and back again", async () => {
    await using host = await versionedHost([2]);
    await host.swapper.rollback();
    expect(String(await host.swapper.reload())).toBe("alpha: ok, beta: relinked");
    expect(versions(host)).toEqual([1, 2]);
    await host.swapper.rollback();
    expect(versions(host)).toEqual([1, 1]);
  });

  test("keeps a plugin that is not reloadable", async () => {
    const fixed = (version: number): string =>
      `import { definePlugin } from "hotswap"; export default definePlugin({ reloadable: () => false, functions: { version: () => ${version} } });`;
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    await host.change("fixed", fixed(1));
    await host.swapper.reload();
    await host.change("fixed", fixed(2));
    await reloadTo(host, 2);
    expect(String(await host.swapper.rollback())).toBe("alpha: ok, fixed: not reloadable");
    expect(String(await host.swapper.rollback())).toBe("alpha: unchanged, fixed: not reloadable");
    expect(host.swapper.current?.findPlugin("fixed")?.invokeFunc("version")).toBe(1);
  });

  test("calls hooks and callbacks as any reload, with the data that is given", async () => {
    const received = `import { definePlugin } from "hotswap"; import { log } from "../../journal";
      export default definePlugin({ onLoad(data) { log("got " + data); }, onFree() { log("freed"); } });`;
    await using host = await createHost({ alpha: received });
    await host.swapper.loadPlugins("first");
    await host.change("alpha", `${received}\nexport const changed = true;`);
    await host.swapper.reload("second");
    await host.swapper.drained();
    host.takeEvents();
    const managers: unknown[] = [];
    const before = host.swapper.current;
    await host.swapper.rollback("third", (newManager, oldManager) => void managers.push(newManager, oldManager));
    expect(managers[0] === host.swapper.current).toBe(true);
    expect(managers[1] === before).toBe(true);
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual(["got third", "freed"]);
  });

  test("nothing to go back to: before the first reload, and with a clear message", async () => {
    await using host = await versionedHost([]);
    const error = await hotswapError(host.swapper.rollback());
    expect(error.code).toBe("HOTSWAP_NOTHING_TO_ROLL_BACK");
    expect(error.message).toBe("there is no earlier set to go back to (reloads so far: 0, sets kept: 5)");
  });
});

describe("3.14 history", () => {
  test("keeps the last five sets unless told otherwise", async () => {
    await using host = await versionedHost([2, 3, 4, 5, 6, 7, 8]);
    expect(await stepsBack(host)).toEqual([
      [1, 7],
      [1, 6],
      [1, 5],
      [1, 4],
      [1, 3],
    ]);
  });

  test.each([0, 1, 2])("of %p", async (history) => {
    await using host = await versionedHost([2, 3, 4], history);
    expect(await stepsBack(host)).toHaveLength(history);
  });

  test("reloads without a change do not push the last good set out", async () => {
    await using host = await versionedHost([2], 2);
    for (let count = 0; count < 5; count++) await host.swapper.reload();
    await host.swapper.rollback();
    expect(versions(host)).toEqual([1, 1]);
  });

  test("holds what was added, replaced and removed meanwhile, whatever becomes of the plugin folder", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta") });
    const { swapper } = host;
    const live = (): string =>
      swapper.current?.plugins
        .map((plugin) => `${plugin.name} ${plugin.invokeFunc("version")}`)
        .toSorted()
        .join() ?? "";
    await swapper.loadPlugins();
    const sets = [live()];
    const steps = [
      () => host.change("gamma", journalPlugin("gamma")),
      () => host.change("alpha", journalPlugin("alpha", [], 2)),
      () => host.project.remove("bin/beta.js"),
      () => host.change("alpha", journalPlugin("alpha")),
      async () => {
        await host.change("beta", journalPlugin("beta", [], 2));
        await host.project.remove("bin/gamma.js");
      },
    ];
    for (const step of steps) {
      await step();
      await swapper.reload();
      await swapper.drained();
      sets.push(live());
    }
    expect(new Set(sets).size).toBe(sets.length);
    for (const name of ["alpha", "beta"]) await host.project.remove(`bin/${name}.js`);
    for (const set of sets.slice(0, -1).toReversed()) {
      await swapper.rollback();
      await swapper.drained();
      expect(live()).toBe(set);
    }
  });

  test("sets in it keep no code in memory", async () => {
    await using host = await versionedHost([2, 3, 4, 5]);
    await host.swapper.drained();
    expect(await uncollected(host.swapper)).toEqual([]);
  });
});

/** Folders in which hosts make theirs. */
const parents = [tmpdir(), "/dev/shm"].filter((folder) => existsSync(folder));

/** The folders with copies that the process with this number has. */
function foldersOf(pid: number): string[] {
  return parents.flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith(`hotswap-${pid}.`) && !name.includes("-resolve-"))
      .map((name) => join(parent, name)),
  );
}

describe("copies of artifacts", () => {
  /** Paths of the copies that this process has. */
  function copies(): string[] {
    return foldersOf(process.pid)
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)))
      .filter((path) => path.endsWith(".mjs"));
  }

  test("are removed when neither a generation nor the history needs them, and all of them when the swapper is closed", async () => {
    const others = new Set(copies());
    const own = (): number => copies().filter((path) => !others.has(path)).length;
    const host = await versionedHost([], 2);
    await using _ = host;
    expect(own()).toBe(2);
    for (let version = 2; version <= 8; version++) {
      await reloadTo(host, version);
      await host.swapper.drained();
      // beta's, alpha's of the live set, and alpha's of the sets before.
      expect(own()).toBe(2 + Math.min(version - 1, 2));
    }
    await host.swapper.close();
    expect(own()).toBe(0);
  });

  test("of loads that fail are removed", async () => {
    await using host = await versionedHost([]);
    const before = copies().length;
    await host.change("alpha", `throw new Error("no"); ${journalPlugin("alpha", [], 2)}`);
    expect(await hotswapError(host.swapper.reload())).toMatchObject({ phase: "load" });
    host.wishes.set("beta.onInit", () => Promise.reject(new Error("no")));
    await host.change("alpha", journalPlugin("alpha", [], 3));
    expect(await hotswapError(host.swapper.reload())).toMatchObject({ phase: "onInit" });
    expect(copies()).toHaveLength(before);
  });

  test("come again when something cleans up temporary files under a host that runs for weeks", async () => {
    await using host = await versionedHost([2]);
    for (const folder of foldersOf(process.pid)) await rm(folder, { recursive: true });
    await reloadTo(host, 3);
    expect(versions(host)).toEqual([1, 3]);
  });

  describe.each(["in memory", "in TMPDIR"])("of other processes, %s", (where) => {
    /** Starts a host that says when it is loaded, and then does `then`. */
    async function start(host: Host, temp: string, then: string) {
      await host.project.write({
        "main.ts": `
          import { PluginManagerSwapper } from ${JSON.stringify(source)};
          const swapper = new PluginManagerSwapper("bin", { logger: { debug() {}, info() {}, warn() {}, error() {} } });
          await swapper.loadPlugins();
          console.log("loaded");
          await new Promise((resolve) => process.stdin.once("data", resolve));
          ${then}
        `,
      });
      const { TMPDIR: _, ...env } = process.env;
      const child = Bun.spawn([process.execPath, "main.ts"], {
        cwd: host.project.root,
        env: where === "in TMPDIR" ? { ...env, TMPDIR: temp } : env,
        stdin: "pipe",
        stdout: "pipe",
        stderr: "ignore",
      });
      await child.stdout.getReader().read();
      return child;
    }

    /** The folders with copies of a process. */
    function folders(temp: string, { pid }: { readonly pid: number }): string[] {
      const own = readdirSync(temp).filter((name) => name.startsWith(`hotswap-${pid}.`));
      return where === "in TMPDIR" ? own : foldersOf(pid);
    }

    test.each([
      ["process.exit", "process.exit(0);"],
      ["an uncaught error", "setTimeout(() => { throw new Error('end'); }, 0);"],
      ["close", "await swapper.close(); process.exit(0);"],
    ])("nothing is left after %s", async (_, then) => {
      await using host = await versionedHost([]);
      const temp = await mkdtemp(join(tmpdir(), "hotswap-test-"));
      const child = await start(host, temp, then);
      expect(folders(temp, child)).toHaveLength(1);
      await child.stdin.write("\n");
      await child.stdin.flush();
      await child.exited;
      expect(folders(temp, child)).toEqual([]);
      await rm(temp, { recursive: true });
    });

    test("what a killed one left is removed by the next, which leaves those of running ones alone", async () => {
      await using host = await versionedHost([]);
      const temp = await mkdtemp(join(tmpdir(), "hotswap-test-"));
      const kill = async (child: Bun.Subprocess): Promise<void> => {
        child.kill("SIGKILL");
        await child.exited;
      };
      const killed = await start(host, temp, "");
      await kill(killed);
      expect(folders(temp, killed)).toHaveLength(1);
      const running = await start(host, temp, "");
      const next = await start(host, temp, "process.exit(0);");
      expect(folders(temp, killed)).toEqual([]);
      expect(folders(temp, running)).toHaveLength(1);
      expect(folders(temp, next)).toHaveLength(1);
      await Promise.all([kill(running), kill(next)]);
      // The last ones leave theirs to whoever comes next.
      const last = await start(host, temp, "process.exit(0);");
      await last.stdin.write("\n");
      await last.stdin.flush();
      await last.exited;
      expect([running, next, last].flatMap((child) => folders(temp, child))).toEqual([]);
      await rm(temp, { recursive: true });
    });
  });
});
