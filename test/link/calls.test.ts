import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "bun:test";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const plugin = (body: string, rest = ""): string =>
  `import { definePlugin } from "hotswap"; import { log, wishes } from "../../journal"; ${rest}
   export default definePlugin({ ${body} });`;

describe("5.1 invokeFunc", () => {
  test("calls and returns what the plugin returns", async () => {
    await using host = await createHost({
      alpha: plugin("functions: { add: (a: number, b: number) => a + b, later: async (n: number) => n * 2 }"),
    });
    await host.swapper.loadPlugins();
    const alpha = host.swapper.current?.findPlugin("alpha");
    expect(alpha?.invokeFunc("add", 2, 3)).toBe(5);
    expect(await alpha?.invokeFunc("later", 4)).toBe(8);
  });

  test("what the plugin throws or rejects with reaches the caller as it is", async () => {
    await using host = await createHost({
      alpha: plugin(
        `functions: { fail() { throw new RangeError("now"); }, async failLater() { throw new RangeError("later"); } }`,
      ),
    });
    await host.swapper.loadPlugins();
    const alpha = host.swapper.current?.findPlugin("alpha");
    expect(() => alpha?.invokeFunc("fail")).toThrow(new RangeError("now"));
    await expect(alpha?.invokeFunc("failLater") as Promise<unknown>).rejects.toThrow(new RangeError("later"));
  });

  test.each(["nothing", "constructor", "__proto__", "toString"])(
    "the unknown name %s is an error naming both",
    async (name) => {
      await using host = await createHost({ alpha: plugin("functions: { hum: () => 1 }") });
      await host.swapper.loadPlugins();
      const call = (): unknown => host.swapper.current?.findPlugin("alpha")?.invokeFunc(name);
      expect(call).toThrow(`"alpha" has no function "${name}"`);
      expect(await hotswapError(Promise.try(call))).toMatchObject({
        code: "HOTSWAP_UNKNOWN_FUNCTION",
        plugin: "alpha",
      });
    },
  );

  test("a plugin's own invokeFunc gets name and params", async () => {
    await using host = await createHost({
      alpha: plugin("invokeFunc(name: string, ...params: unknown[]) { return [name, ...params]; }"),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("any", 1, 2)).toEqual(["any", 1, 2]);
  });

  test("functions see their table as this", async () => {
    await using host = await createHost({
      alpha: plugin("functions: { one() { return 1; }, two(): number { return this.one() + 1; } }"),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("two")).toBe(2);
  });
});

describe("5.2 invokeEach", () => {
  const humming = (name: string, deps: string[]): string =>
    journalPlugin(name, deps).replace(
      "functions: {",
      `functions: { hum(n: number) { log("${name}.hum " + n); const wish = wishes.get("${name}.hum") as any; return wish?.(); },`,
    );

  test("calls every plugin that has the function in dependency order, and backward in reverse", async () => {
    await using host = await createHost({
      a: humming("a", ["c"]),
      b: journalPlugin("b"),
      c: humming("c", []),
      d: humming("d", ["a"]),
    });
    await host.swapper.loadPlugins();
    host.takeEvents();
    expect(host.swapper.current?.invokeEach("hum", 3)).toBeUndefined();
    expect(host.takeEvents()).toEqual(["c.hum 3", "a.hum 3", "d.hum 3"]);
    host.swapper.current?.invokeEachBackward("hum", 4);
    expect(host.takeEvents()).toEqual(["d.hum 4", "a.hum 4", "c.hum 4"]);
    host.swapper.current?.invokeEach("nobody has it");
    expect(host.takeEvents()).toEqual([]);
  });

  test("a plugin that throws or rejects is logged with its name and does not stop the others", async () => {
    await using host = await createHost({ a: humming("a", []), b: humming("b", []), c: humming("c", []) });
    await host.swapper.loadPlugins();
    host.takeEvents();
    host.wishes.set("a.hum", () => {
      throw new Error("thrown");
    });
    host.wishes.set("b.hum", () => Promise.reject(new Error("rejected")));
    await host.swapper.current?.invokeEach("hum", 1);
    expect(host.takeEvents()).toEqual(["a.hum 1", "b.hum 1", "c.hum 1"]);
    expect(host.logger.of("error")).toEqual(["a.hum() failed: thrown", "b.hum() failed: rejected"]);
  });

  test("passes on as many parameters as there are", async () => {
    await using host = await createHost({
      alpha: plugin("functions: { hum(...params: unknown[]) { log(JSON.stringify(params)); } }"),
    });
    await host.swapper.loadPlugins();
    const params = [1, "two", [3], { four: 4 }, 5];
    for (let count = 0; count <= params.length; count++) {
      const some = params.slice(0, count);
      host.swapper.current?.invokeEach("hum", ...some);
      host.swapper.current?.findPlugin("alpha")?.invokeFunc("hum", ...some);
      expect(host.takeEvents()).toEqual([JSON.stringify(some), JSON.stringify(some)]);
    }
  });

  test("a plugin's own invokeFunc gets each name that is asked for, beside plugins with a table", async () => {
    await using host = await createHost({
      alpha: plugin("invokeFunc(name: string, ...params: unknown[]) { log(`alpha ${name} ${params}`); }"),
      beta: humming("beta", []),
    });
    await host.swapper.loadPlugins();
    host.takeEvents();
    for (const name of ["hum", "sing", "dance", "hum"]) host.swapper.current?.invokeEach(name, 1, 2, 3);
    expect(host.takeEvents()).toEqual([
      "alpha hum 1,2,3",
      "beta.hum 1",
      "alpha sing 1,2,3",
      "alpha dance 1,2,3",
      "alpha hum 1,2,3",
      "beta.hum 1",
    ]);
  });

  test("a plugin may call invokeEach in the midst of another", async () => {
    await using host = await createHost({ a: humming("a", []), b: humming("b", ["a"]) });
    await host.swapper.loadPlugins();
    host.takeEvents();
    let depth = 0;
    host.wishes.set("a.hum", () => {
      if (depth++ < 2) host.swapper.current?.invokeEachBackward("hum", depth);
    });
    host.swapper.current?.invokeEach("hum", 0);
    expect(host.takeEvents()).toEqual(["a.hum 0", "b.hum 1", "a.hum 1", "b.hum 2", "a.hum 2", "b.hum 0"]);
  });

  test("promises of all plugins keep their set alive until the last settles", async () => {
    await using host = await createHost({ a: humming("a", []), b: humming("b", []) });
    const gate = Promise.withResolvers<void>();
    host.wishes.set("a.hum", () => gate.promise);
    host.wishes.set("b.hum", () => gate.promise);
    await host.swapper.loadPlugins();
    const calls = host.swapper.current?.calls;
    const each = host.swapper.current?.invokeEach("hum", 1);
    expect(calls?.underWay).toEqual(["a.hum()", "b.hum()"]);
    gate.resolve();
    await each;
    expect(calls?.count).toBe(0);
  });

  test("a set that is retired refuses, whether or not the name was called before", async () => {
    await using host = await createHost({ a: humming("a", []) });
    await host.swapper.loadPlugins();
    const { current } = host.swapper;
    current?.invokeEach("hum", 1);
    await host.change("a", journalPlugin("a", [], 2));
    await host.swapper.reload();
    await host.swapper.drained();
    host.takeEvents();
    for (const name of ["hum", "version", "nobody has it"]) {
      const error = await hotswapError(Promise.try(() => current?.invokeEach(name, 2)));
      expect(error).toMatchObject({ code: "HOTSWAP_FREED" });
      expect(error.message).toContain(`"${name}"`);
    }
    expect(host.takeEvents()).toEqual([]);
  });
});

describe("5.3 lookup", () => {
  const looked = plugin(
    "",
    `export const buildMark = "m1"; export let count = 0; export function grow() { return ++count; } export class Thing {}`,
  );

  test("returns a named export of the root module", async () => {
    await using host = await createHost({ alpha: looked });
    await host.swapper.loadPlugins();
    const alpha = host.swapper.current?.findPlugin("alpha");
    expect(alpha?.lookup<string>("buildMark")).toBe("m1");
    const grow = alpha?.lookup<() => number>("grow");
    expect(grow?.()).toBe(1);
    expect(alpha?.lookup<number>("count")).toBe(1);
    const Thing = alpha?.lookup<new () => object>("Thing");
    expect(Thing && new Thing()).toBeInstanceOf(Thing as never);
  });

  test.each(["buildMrak", "__hotswap_live__", "toString"])("%s is an error", async (symbol) => {
    await using host = await createHost({ alpha: looked });
    await host.swapper.loadPlugins();
    const error = await hotswapError(Promise.try(() => host.swapper.current?.findPlugin("alpha")?.lookup(symbol)));
    expect(error).toMatchObject({ code: "HOTSWAP_UNKNOWN_SYMBOL", plugin: "alpha" });
  });
});

describe("5.4 a call runs to its end in the set that it began in", () => {
  test("however many reloads happen meanwhile, dependencies included", async () => {
    const beta = (
      version: number,
    ): string => `import { definePlugin, dependency } from "hotswap"; import { wishes } from "../../journal";
      const deps = { alpha: dependency<{ version(): number }>() };
      export default definePlugin({ import: () => deps, functions: {
        async slow() { const before = [${version}, deps.alpha.version()]; await wishes.get("gate"); return [...before, ${version}, deps.alpha.version()]; },
      } });`;
    await using host = await createHost({ alpha: journalPlugin("alpha"), beta: beta(1) });
    const gate = Promise.withResolvers<void>();
    host.wishes.set("gate", gate.promise);
    await host.swapper.loadPlugins();
    const slow = host.swapper.current?.findPlugin("beta")?.invokeFunc("slow");
    for (let version = 2; version <= 5; version++) {
      await host.change("alpha", journalPlugin("alpha", [], version));
      await host.change("beta", beta(version));
      await host.swapper.reload();
    }
    const slowNow = host.swapper.current?.findPlugin("beta")?.invokeFunc("slow");
    gate.resolve();
    expect(await slow).toEqual([1, 1, 1, 1]);
    expect(await slowNow).toEqual([5, 5, 5, 5]);
  });

  test("acquire pins a set until the lease ends", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    const lease = host.swapper.acquire();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    expect(lease.manager.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    lease[Symbol.dispose]();
    await host.swapper.drained();
    expect(() => lease.manager.findPlugin("alpha")?.invokeFunc("version")).toThrow("freed");
  });
});

test("5.5 code of a plugin runs in its own generation's context", async () => {
  const body = `functions: { where: () => Bun.ModuleGraph.current !== undefined, live: () => 0 }, onInit() { log("in context: " + (Bun.ModuleGraph.current !== undefined)); }`;
  await using host = await createHost({
    alpha: plugin(
      body,
      "export const where = () => Bun.ModuleGraph.current !== undefined; export function live_where() { return where(); }",
    ),
  });
  await host.swapper.loadPlugins();
  const alpha = host.swapper.current?.findPlugin("alpha");
  expect(alpha?.invokeFunc("where")).toBe(true);
  expect(alpha?.lookup<() => boolean>("where")()).toBe(true);
  expect(host.swapper.current?.vault.liveFuncs.get("live_where")?.()).toBe(true);
  expect(host.takeEvents()).toEqual(["in context: true"]);
  expect(Bun.ModuleGraph.current).toBeUndefined();
});

test("5.6 an error nobody caught in a plugin's background work is logged, handed on, and never ends the host", async () => {
  const seen: unknown[] = [];
  const told = Promise.withResolvers<void>();
  await using host = await createHost(
    {
      alpha: plugin(
        `functions: { break() { setTimeout(() => { throw new Error("in a timer"); }, 0); void Promise.reject(new Error("unhandled")); } }`,
      ),
    },
    {
      onPluginError(error, context) {
        seen.push([(error as Error).message, context]);
        if (seen.length === 2) told.resolve();
      },
    },
  );
  await host.swapper.loadPlugins();
  host.swapper.current?.findPlugin("alpha")?.invokeFunc("break");
  await told.promise;
  expect(seen).toContainEqual(["in a timer", { plugin: "alpha", generation: 1, kind: "uncaughtException", count: 1 }]);
  expect(seen).toContainEqual(["unhandled", { plugin: "alpha", generation: 1, kind: "unhandledRejection", count: 1 }]);
  expect(host.logger.of("error").join("\n")).toContain(
    "alpha#1: an error nobody caught in background work: in a timer",
  );
});

describe("5.7 AsyncLocalStorage", () => {
  const storage = new AsyncLocalStorage<string>();
  const reading = plugin(
    "functions: { async read() { const store = wishes.get('storage') as any; const before = store.getStore(); await null; return [before, store.getStore()]; }, note() { (wishes.get('seen') as any).push((wishes.get('storage') as any).getStore()); } }",
  );

  test("the caller's stores are visible inside plugin code, also after await", async () => {
    await using host = await createHost({ alpha: reading });
    host.wishes.set("storage", storage);
    await host.swapper.loadPlugins();
    const read = storage.run("request 7", () => host.swapper.current?.findPlugin("alpha")?.invokeFunc("read"));
    expect(await read).toEqual(["request 7", "request 7"]);
  });

  test("asyncContext: false gives that up, and keeps ownership", async () => {
    await using host = await createHost(
      { alpha: reading, beta: plugin("functions: { where: () => Bun.ModuleGraph.current !== undefined }") },
      { asyncContext: false },
    );
    host.wishes.set("storage", storage);
    await host.swapper.loadPlugins();
    const read = storage.run("request 7", () => host.swapper.current?.findPlugin("alpha")?.invokeFunc("read"));
    expect(await read).toEqual([undefined, undefined]);
    const seen: unknown[] = [];
    host.wishes.set("seen", seen);
    storage.run("request 8", () => host.swapper.current?.invokeEach("note"));
    expect(seen).toEqual([undefined]);
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("where")).toBe(true);
  });

  test("asyncContext: false does not show the stores of whoever loaded the plugin either", async () => {
    await using host = await createHost({ alpha: reading }, { asyncContext: false });
    host.wishes.set("storage", storage);
    await storage.run("the load", () => host.swapper.loadPlugins());
    expect(await host.swapper.current?.findPlugin("alpha")?.invokeFunc("read")).toEqual([undefined, undefined]);
  });
});
