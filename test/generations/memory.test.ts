import { describe, expect, test } from "bun:test";
import type { HotswapError, Lease, Plugin, PluginManager, ReloadDetails, ReloadRecord, Vault } from "hotswap";
import { JobQueue, wrap } from "hotswap";
import { uncollected } from "../support/collect.ts";
import { createHost, type Host, hotswapError } from "../support/host.ts";

/** A plugin with everything that a host or another plugin can get hold of. */
const full = (version: number, broken = ""): string => `
import { definePlugin, dependency, type Scope, type Vault } from "hotswap";
import { log, wishes } from "../../journal";

const buffer = new Uint8Array(1 << 16).fill(${version});
const deps = { base: dependency<{ value: number; call(): number; tools: { deep(): number } }>("call"), missing: dependency.optional<object>() };
const read = () => buffer[0];

export const looked = () => read();
export const later = async () => { await Bun.sleep(0); return read(); };
export const table = { read: () => read() };
export const live_read = () => read();
export class Live_Thing {
  static version = ${version};
  static migrations = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [index + 1, (old: object) => { read(); return old; }]));
  count = ${version};
  handle(data: unknown) { log("handled by " + read()); }
}
class Trouble extends Error { value = buffer; }

export default definePlugin({
  import: () => deps,
  export: () => ({ value: ${version}, call: () => read(), get computed() { return read(); }, nested: { call: () => read() }, run: () => deps.base.call() }),
  onLoad() { ${broken === "onLoad" ? `throw new Error("broken " + read());` : ""} },
  async onInit(vault: Vault, scope: Scope) {
    vault.dataBag.declare("full", { version: ${version}, migrations: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [index + 1, () => read()])) });
    vault.dataBag.set("full", { version: read() });
    vault.dataBag.set("thing", new Live_Thing());
    scope.defer(() => read());
    scope.signal.addEventListener("abort", () => read());
    setInterval(() => read(), 1000);
    wishes.get("onInit")?.(vault, scope);
    ${broken === "onInit" ? `throw new Error("broken " + read());` : ""}
  },
  functions: {
    read: () => read(),
    later,
    forever: () => new Promise(() => read()),
    throwing() { throw new Error("from " + read()); },
    async rejecting() { await 1; throw new Error("from " + read()); },
    background() { setTimeout(() => { throw new Error("background of " + read()); }, 0); },
  },
});`;

const base = (version: number): string => `
import { definePlugin } from "hotswap";
const buffer = new Uint8Array(1 << 16).fill(${version});
export default definePlugin({ export: () => ({ value: ${version}, call: () => buffer[0] ?? 0, tools: { deep: () => buffer[0] ?? 0 } }) });`;

/** A plugin that stays, and keeps what it can get of its dependency. */
const keeper = `
import { definePlugin, dependency } from "hotswap";
import { wishes } from "../../journal";
export const deps = { full: dependency.optional<{ value: number; call(): number }>() };
export default definePlugin({ import: () => deps, onInit() { (wishes.get("kept") as unknown[])?.push(deps, deps.full, deps.full?.call); } });`;

async function fullHost(options: Parameters<typeof createHost<undefined>>[1] = {}): Promise<Host> {
  const host = await createHost<undefined>({ full: full(1), base: base(1) }, options);
  await host.swapper.loadPlugins();
  return host;
}

/** Reloads everything, and once more: what is loaded last, the engine may hold for a while by itself. */
async function replaceAll(host: Host): Promise<void> {
  for (const version of [2, 3]) {
    await host.project.write({ "plugin/full/index.ts": full(version), "plugin/base/index.ts": base(version) });
    await host.project.buildAll("full", "base");
    await host.swapper.reload();
  }
  await host.swapper.drained();
}

describe("6.3 nothing of a plugin's code stays reachable from the host after it was freed, whatever the host holds", () => {
  /** What a host can keep: it is fetched before the reload, and held until the end of the test. */
  const holdings: Readonly<Record<string, (host: Host) => unknown>> = {
    "the old manager": ({ swapper }) => swapper.current,
    "the old manager, and handles of plugins, whose functions were called by name": async ({ swapper }) => {
      const { current } = swapper;
      const plugin = current?.findPlugin("full");
      for (const name of ["read", "later", "read"]) {
        await current?.invokeEach(name);
        await current?.invokeEachBackward(name);
        await plugin?.invokeFunc(name);
      }
      return [current, plugin];
    },
    "a manager whose plugins have an invokeFunc of their own": async (host) => {
      const own = `import { definePlugin } from "hotswap"; export default definePlugin({ invokeFunc: (name: string) => name });`;
      await host.change("own", own);
      await host.swapper.reload();
      const { current } = host.swapper;
      for (const name of ["any", "other"]) {
        await current?.invokeEach(name);
        expect(current?.findPlugin("own")?.invokeFunc(name)).toBe(name);
      }
      await host.change("own", `${own}\nexport const changed = true;`);
      return current;
    },
    "handles of plugins": ({ swapper }) => swapper.current?.plugins,
    "functions that were looked up": ({ swapper }) => {
      const plugin = swapper.current?.findPlugin("full") as Plugin;
      return [plugin.lookup("looked"), plugin.lookup("later")];
    },
    "live functions and the vault": ({ swapper }) => {
      const vault = swapper.current?.vault as Vault<unknown>;
      return [vault, vault.liveFuncs, vault.liveFuncs.get("live_read"), vault.liveTypes, vault.dataBag];
    },
    "values from the data bag and live data": ({ swapper }) => {
      const bag = swapper.current?.vault.dataBag;
      return [bag?.get("full"), bag?.snapshot(), wrap(bag?.get("thing")), wrap({ plain: true })];
    },
    "a lease that was released": ({ swapper }) => {
      const lease = swapper.acquire();
      lease.release();
      return lease;
    },
    "promises of calls that are over": async ({ swapper }) => {
      const plugin = swapper.current?.findPlugin("full");
      const settled = [plugin?.invokeFunc("later"), plugin?.lookup<() => Promise<number>>("later")()];
      await Promise.all(settled);
      return settled;
    },
    "errors that a plugin threw": async ({ swapper }) => {
      const plugin = swapper.current?.findPlugin("full");
      const errors: unknown[] = [];
      try {
        plugin?.invokeFunc("throwing");
      } catch (error) {
        errors.push(error);
      }
      await Promise.resolve(plugin?.invokeFunc("rejecting")).catch((error: unknown) => errors.push(error));
      expect(errors).toHaveLength(2);
      return errors;
    },
    "what the log of reloads keeps, and details and plans": async ({ swapper }) => {
      const kept: (ReloadDetails | readonly ReloadRecord[])[] = [await swapper.plan(), swapper.reloads];
      swapper.subscribe((news) => void (news.type === "end" && kept.push([news.record])));
      return kept;
    },
    "the scope and the vault that onInit got": async (host) => {
      const kept: unknown[] = [];
      host.wishes.set("onInit", (vault: unknown, scope: unknown) => void kept.push(vault, scope));
      await host.change("full", `${full(1)}\nexport const again = true;`);
      await host.swapper.reload();
      host.wishes.delete("onInit");
      expect(kept).toHaveLength(2);
      return kept;
    },
    "a manager that a reload callback got": async (host) => {
      const kept: unknown[] = [];
      await host.change("full", `${full(1)}\nexport const again = true;`);
      await host.swapper.reload(undefined, (newManager, oldManager) => void kept.push(newManager, oldManager));
      return kept;
    },
  };

  test.each(Object.entries(holdings))("%s", async (_, hold) => {
    await using host = await fullHost();
    const held = await hold(host);
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    // It is held until here.
    expect(held).toBeDefined();
  });

  test("a call that was cut off, and its promise", async () => {
    await using host = await fullHost({ drainTimeout: 1 });
    const call = host.swapper.current?.findPlugin("full")?.invokeFunc("forever") as Promise<unknown>;
    const error = hotswapError(call);
    await replaceAll(host);
    expect((await error).code).toBe("HOTSWAP_FREED");
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(call).toBeInstanceOf(Promise);
  });

  test("a lease that is never released, once drainTimeout is over", async () => {
    await using host = await fullHost({ drainTimeout: 1 });
    const lease: Lease = host.swapper.acquire();
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(lease.manager.plugins).toHaveLength(2);
  });

  test.each(["onLoad", "onInit"])("the error of a reload that failed in %s, with its cause", async (hook) => {
    await using host = await fullHost();
    await host.change("full", full(2, hook));
    const errors: HotswapError[] = [];
    for (let count = 0; count < 3; count++) errors.push(await hotswapError(host.swapper.reload()));
    expect(errors[0]?.cause).toHaveProperty("message", "broken 2");
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(errors).toHaveLength(3);
  });

  test("errors of background work that onPluginError kept", async () => {
    const errors: unknown[] = [];
    const arrived = Promise.withResolvers<void>();
    await using host = await fullHost({
      onPluginError(error) {
        errors.push(error);
        arrived.resolve();
      },
    });
    host.swapper.current?.findPlugin("full")?.invokeFunc("background");
    await arrived.promise;
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(errors).toHaveLength(1);
  });

  test("what another plugin took from its slots", async () => {
    await using host = await fullHost();
    const kept: unknown[] = [];
    host.wishes.set("kept", kept);
    await host.change("keeper", keeper);
    await host.swapper.reload();
    host.wishes.delete("kept");
    expect(kept).toHaveLength(3);
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(() => (kept[2] as () => number)()).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  });

  test("jobs that old code added, and the queue", async () => {
    await using host = await fullHost();
    await using queue = new JobQueue(host.swapper, { logger: host.logger });
    queue.add("Live_Thing", { from: 1 });
    queue.add("live_read", {});
    await queue.tick(1);
    await replaceAll(host);
    expect(await uncollected(host.swapper)).toEqual([]);
    await queue.tick();
    expect(host.takeEvents()).toEqual(["handled by 1"]);
  });

  test("a closed swapper, with everything that came from it", async () => {
    const host = await fullHost();
    await using _ = host;
    const manager = host.swapper.current as PluginManager;
    const held = [manager, manager.plugins, manager.vault, manager.findPlugin("full")?.lookup("looked")];
    await host.swapper.close();
    // Another swapper loads something: what is loaded last, the engine may hold for a while by itself.
    await using other = await fullHost();
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(host.swapper.generations).toEqual([]);
    expect([held, other.swapper.current]).toBeDefined();
  });
});

test("6.3 asyncContext: false holds no more", async () => {
  await using host = await fullHost({ asyncContext: false });
  const { current } = host.swapper;
  const held = [current, current?.findPlugin("full")?.lookup("looked"), current?.vault.liveFuncs.get("live_read")];
  await current?.findPlugin("full")?.invokeFunc("later");
  await replaceAll(host);
  expect(await uncollected(host.swapper)).toEqual([]);
  expect(held).toHaveLength(3);
});

test("6.3 a swapper that plugins have reload, again and again, keeps none of them", async () => {
  const asking = (version: number): string => `
    import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
    export default definePlugin({ functions: { version: () => ${version}, reload: () => wishes.get("reload")() } });`;
  await using host = await createHost({ alpha: asking(1) });
  await host.swapper.loadPlugins();
  host.wishes.set("reload", () => host.swapper.reload());
  for (let version = 2; version <= 6; version++) {
    await host.change("alpha", asking(version));
    await host.swapper.current?.findPlugin("alpha")?.invokeFunc("reload");
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(version);
  }
  await host.swapper.drained();
  expect(await uncollected(host.swapper)).toEqual([]);
});
