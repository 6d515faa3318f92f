import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { PluginManagerSwapper } from "hotswap";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";

const source = join(import.meta.dir, "..", "..", "src", "index.ts");

describe("3.12 a hook that hangs", () => {
  /** Opens a server and an interval, and then hangs in `hook`. */
  const hanging = (hook: string): string => `
    import { definePlugin } from "hotswap";
    import { wishes } from "../../journal";
    const open = () => {
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("still here") });
      wishes.set("port", server.port);
      setInterval(() => wishes.set("ticks", Number(wishes.get("ticks") ?? 0) + 1), 1);
      return new Promise<void>(() => {});
    };
    ${hook === "module" ? "await open();" : ""}
    export default definePlugin({ ${hook === "module" ? "" : `${hook}: open,`} functions: { version: () => 2 } });`;

  test.each(["module", "onLoad", "onInit"])(
    "%s: what it opened is closed, and its code is given back",
    async (hook) => {
      await using host = await createHost({ alpha: journalPlugin("alpha") }, { hookTimeout: 30 });
      await host.swapper.loadPlugins();
      await host.change("alpha", hanging(hook));
      expect(await hotswapError(host.swapper.reload())).toMatchObject({
        code: "HOTSWAP_HOOK_TIMEOUT",
        plugin: "alpha",
      });
      const port = Number(host.wishes.get("port"));
      expect(port).toBeGreaterThan(0);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      const ticks = host.wishes.get("ticks");
      await Bun.sleep(5);
      expect(host.wishes.get("ticks")).toBe(ticks);
      expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
      expect(await uncollected(host.swapper)).toEqual([]);
    },
  );
});

describe("6.1 drainTimeout", () => {
  test("calls under way reject with HOTSWAP_FREED, whatever they wait for, and none is left pending", async () => {
    const waiting = (version: number): string => `
      import { definePlugin } from "hotswap";
      const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Promise<Response>(() => {}) });
      export const looked = () => new Promise(() => {});
      export const live_wait = () => new Promise(() => {});
      export default definePlugin({ functions: {
        version: () => ${version},
        never: () => new Promise(() => {}),
        timer: () => new Promise((resolve) => setTimeout(resolve, 1e6)),
        request: () => fetch("http://127.0.0.1:" + server.port),
        child: async () => { await Bun.spawn(["sleep", "100"]).exited; },
      } });`;
    await using host = await createHost({ alpha: waiting(1) }, { drainTimeout: 20 });
    await host.swapper.loadPlugins();
    const manager = host.swapper.current;
    const alpha = manager?.findPlugin("alpha");
    const calls = [
      ...["never", "timer", "request", "child"].map((name) => alpha?.invokeFunc(name)),
      alpha?.lookup<() => Promise<unknown>>("looked")(),
      manager?.vault.liveFuncs.get("live_wait")?.(),
      manager?.invokeEach("never"),
    ];
    await host.change("alpha", waiting(2));
    await host.swapper.reload();
    for (const call of calls.slice(0, -1)) {
      expect(await hotswapError(Promise.resolve(call))).toMatchObject({ code: "HOTSWAP_FREED", plugin: "alpha" });
    }
    await calls.at(-1);
    expect(host.logger.of("error").join()).toContain("alpha.never() failed");
    await host.swapper.drained();
    expect(await uncollected(host.swapper)).toEqual([]);
  });
});

describe("3.15 close", () => {
  const slow = (version: number): string => `
    import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
    export default definePlugin({ functions: { async wait() { await wishes.get("gate"); return ${version}; } } });`;

  test("a call of a set that was swapped out gets the same time to end as one of the current set", async () => {
    await using host = await createHost({ alpha: slow(1) }, { freeDelay: 3_600_000 });
    await host.swapper.loadPlugins();
    const gate = Promise.withResolvers<void>();
    host.wishes.set("gate", gate.promise);
    const old = host.swapper.current?.findPlugin("alpha")?.invokeFunc("wait");
    await host.change("alpha", slow(2));
    await host.swapper.reload();
    const current = host.swapper.current?.findPlugin("alpha")?.invokeFunc("wait");
    const closed = host.swapper.close({ timeout: 10_000 });
    // As long as both are under way, nothing is freed.
    await Bun.sleep(5);
    expect(host.swapper.generations.map(({ state }) => state)).toEqual(["draining", "live"]);
    gate.resolve();
    expect(await Promise.all([old, current])).toEqual([1, 2]);
    await closed;
  });

  test("a host that has nothing else to do does not end before close() is through", async () => {
    await using host = await createHost({
      alpha: slow(1).replace("functions:", `onFree() { console.log("freed"); }, functions:`),
    });
    await host.project.write({
      "main.ts": `
        import { PluginManagerSwapper } from ${JSON.stringify(source)};
        const swapper = new PluginManagerSwapper("bin");
        await swapper.loadPlugins();
        (await import("./journal.ts")).wishes.set("gate", new Promise(() => {}));
        swapper.current.findPlugin("alpha").invokeFunc("wait").catch((error) => console.log(error.code));
        swapper.close({ timeout: 20 }).then(() => console.log("closed"));
      `,
    });
    const child = Bun.spawn([process.execPath, "main.ts"], { cwd: host.project.root, stdout: "pipe", stderr: "pipe" });
    const lines = (await child.stdout.text()).split("\n").filter((line) => !line.includes("loaded in"));
    expect(lines).toEqual(["freed", "HOTSWAP_FREED", "closed", ""]);
    expect(await child.exited).toBe(0);
  });
});

test("times that a timer cannot wait are refused, and not taken for none", () => {
  for (const option of ["freeDelay", "drainTimeout", "hookTimeout", "leakAfter", "holdTimeout"]) {
    expect(() => new PluginManagerSwapper("bin", { [option]: 2 ** 31 })).toThrow(RangeError);
    expect(() => new PluginManagerSwapper("bin", { [option]: 2 ** 31 - 1 })).not.toThrow();
    expect(() => new PluginManagerSwapper("bin", { [option]: -1 })).toThrow(RangeError);
    expect(() => new PluginManagerSwapper("bin", { [option]: Number.NaN })).toThrow(RangeError);
  }
});
