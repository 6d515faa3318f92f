import { HotswapError, PluginManagerSwapper, type Vault } from "hotswap";
import { expect, test } from "bun:test";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";
import { createStaticHost } from "./static-host.ts";

/** A diamond with a tail, so that the order is not the order of names. */
const plugins = {
  alpha: journalPlugin("alpha", ["zeta"]),
  beta: journalPlugin("beta", ["alpha"]),
  gamma: journalPlugin("gamma", ["alpha"]),
  delta: journalPlugin("delta", ["beta", "gamma"]),
  zeta: journalPlugin("zeta"),
};

test("10.2 statically linked plugins go through the order in which artifacts are loaded and freed", async () => {
  await using loaded = await createHost(plugins);
  await using linked = await createStaticHost(plugins);
  const hooks = (events: string[]) => events.filter((event) => !event.endsWith(".evaluate"));
  const details = await linked.swapper.loadPlugins();
  expect(String(details)).toBe(String(await loaded.swapper.loadPlugins()));
  expect(hooks(linked.takeEvents())).toEqual(hooks(loaded.takeEvents()));
  await Promise.all([loaded.swapper.close(), linked.swapper.close()]);
  const freed = linked.takeEvents();
  expect(freed).toEqual(["delta.onFree", "gamma.onFree", "beta.onFree", "alpha.onFree", "zeta.onFree"]);
  expect(freed).toEqual(loaded.takeEvents());
});

test("10.2 statically linked plugins are linked to each other, called and looked up as others are", async () => {
  await using host = await createStaticHost(plugins);
  await host.swapper.loadPlugins();
  const delta = host.swapper.current?.findPlugin("delta");
  expect(delta?.invokeFunc("versions")).toEqual([1, 1, 1]);
  expect(delta?.deps).toEqual(["beta", "gamma"]);
  expect(delta?.file).toBe("");
  expect(await hotswapError((async () => delta?.invokeFunc("verison"))())).toMatchObject({
    code: "HOTSWAP_UNKNOWN_FUNCTION",
    message: expect.stringContaining('did you mean "version"?'),
  });
});

test("10.2 staticLinkingMode is true and a warning says so", async () => {
  await using host = await createStaticHost({ alpha: journalPlugin("alpha") });
  expect(host.swapper.staticLinkingMode).toBe(true);
  await host.swapper.loadPlugins();
  expect(host.logger.of("warn")).toEqual([expect.stringContaining("linked statically")]);
  await using loaded = await createHost({ alpha: journalPlugin("alpha") });
  expect(loaded.swapper.staticLinkingMode).toBe(false);
});

test("10.2 what needs a plugin folder is refused, and the set stays live", async () => {
  await using host = await createStaticHost({ alpha: journalPlugin("alpha") });
  const { swapper } = host;
  await swapper.loadPlugins();
  const before = swapper.current;
  for (const refused of [swapper.reload(), swapper.plan(), swapper.rollback()]) {
    expect((await hotswapError(refused)).code).toBe("HOTSWAP_STATIC_MODE");
  }
  expect(() => swapper.resetPluginDir("bin")).toThrow("linked statically");
  expect(swapper.current).toBe(before);
  expect(swapper.reloadCounter).toBe(0);
  expect(before?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
});

test("10.2 the whitelist applies, and names everything that is missing", async () => {
  await using host = await createStaticHost(plugins, { whitelist: ["Alpha", "zeta"] });
  expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok, zeta: ok");
  const swapper = new PluginManagerSwapper("", {
    staticPlugins: host.staticPlugins,
    whitelist: ["zeta", "omega", "eta"],
    logger: host.logger,
  });
  expect(await hotswapError(swapper.loadPlugins())).toMatchObject({
    code: "HOTSWAP_WHITELIST_MISSING",
    message: expect.stringContaining("eta, omega"),
  });
  await swapper.close();
});

test("10.2 a whitelist without a dependency is an error of linking", async () => {
  await using host = await createStaticHost(plugins, { whitelist: ["beta"] });
  expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({
    code: "HOTSWAP_UNKNOWN_DEPENDENCY",
    plugin: "beta",
    phase: "link",
  });
});

test.each([
  ["alpha.onLoad", "onLoad", "alpha"],
  ["delta.onInit", "onInit", "delta"],
  ["beta.export", "export", "beta"],
])(
  "10.2, 3.7 a failing %s fails the load; what was loaded is freed, and the next attempt works",
  async (wish, phase, plugin) => {
    await using host = await createStaticHost(plugins);
    host.wishes.set(wish, () => {
      throw new Error("not today");
    });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin, phase, cause: new Error("not today") });
    expect(host.swapper.current).toBeUndefined();
    expect(host.takeEvents().filter((event) => event.endsWith("onFree"))).toHaveLength(5);
    expect(host.swapper.generations).toEqual([]);
    host.wishes.clear();
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("delta")?.invokeFunc("versions")).toEqual([1, 1, 1]);
  },
);

test("10.2, 7 the vault has live functions, live types, the extension and the data bag", async () => {
  const source = `
import { definePlugin, type Vault } from "hotswap";
export class Live_Score { points = 0; double() { return this.points * 2; } }
export function live_greet(name: string) { return "hello " + name; }
export default definePlugin({
  onInit(vault: Vault<string[]>) {
    vault.extension.push("alpha");
    vault.dataBag.set("score", Object.assign(new Live_Score(), { points: 21 }));
  },
});
`;
  await using host = await createStaticHost<string[]>({ alpha: source }, { newExtension: () => [] });
  await host.swapper.loadPlugins();
  const vault = host.swapper.current?.vault as Vault<string[]>;
  expect(Array.from(vault.liveFuncs.keys())).toEqual(["live_greet"]);
  expect(vault.liveFuncs.get("live_greet")?.("you" as never)).toBe("hello you");
  expect(Array.from(vault.liveTypes.keys())).toEqual(["Live_Score"]);
  expect(vault.extension).toEqual(["alpha"]);
  expect((vault.dataBag.get("score") as { double(): number }).double()).toBe(42);
});

test("10.2, 7.1 two plugins with one live name: an error that names both", async () => {
  const source = `
import { definePlugin } from "hotswap";
export function live_greet() {}
export default definePlugin({});
`;
  await using host = await createStaticHost({ alpha: source, beta: source });
  expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({
    code: "HOTSWAP_DUPLICATE_LIVE_FUNC",
    message: expect.stringMatching(/live_greet.*alpha.*beta/),
  });
});

test("10.2, 2.3 what is no plugin definition is refused at load", async () => {
  await using host = await createStaticHost({ alpha: journalPlugin("alpha") });
  const staticPlugins = { alpha: { module: { default: {} } } };
  await using swapper = new PluginManagerSwapper("", { staticPlugins, logger: host.logger });
  expect((await hotswapError(swapper.loadPlugins())).code).toBe("HOTSWAP_NOT_A_PLUGIN");
});

test("10.2, 6.2 what hooks and functions open is closed with the swapper, and when the load fails", async () => {
  const source = `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
export default definePlugin({
  onLoad() {
    wishes.set("server", Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("served") }).url.href);
  },
  onInit() { if (wishes.has("fail")) throw new Error("not today"); },
});
`;
  await using host = await createStaticHost({ alpha: source });
  const url = () => String(host.wishes.get("server"));
  host.wishes.set("fail", true);
  await expect(host.swapper.loadPlugins()).rejects.toThrow("not today");
  await expect(fetch(url())).rejects.toThrow();
  host.wishes.delete("fail");
  await host.swapper.loadPlugins();
  expect(await (await fetch(url())).text()).toBe("served");
  await host.swapper.close();
  await expect(fetch(url())).rejects.toThrow();
});

test("10.2, 5.6 an error that nobody caught in background work is logged and handed on, and the host lives", async () => {
  const source = `
import { definePlugin } from "hotswap";
export default definePlugin({ onLoad() { setTimeout(() => { throw new Error("in the background"); }, 0); } });
`;
  const seen = Promise.withResolvers<unknown>();
  await using host = await createStaticHost(
    { alpha: source },
    { onPluginError: (error, { plugin, generation }) => seen.resolve({ error, plugin, generation }) },
  );
  await host.swapper.loadPlugins();
  expect(await seen.promise).toEqual({ error: new Error("in the background"), plugin: "alpha", generation: 1 });
  expect(host.logger.of("error")).toEqual([expect.stringContaining("alpha#1")]);
});

test("10.2, 5.7 the caller's AsyncLocalStorage stores are seen inside, with and without carried files", async () => {
  const source = `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
export default definePlugin({ functions: { async store() { await 1; return (wishes.get("storage") as any).getStore(); } } });
`;
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const storage = new AsyncLocalStorage<string>();
  for (const include of [undefined, "txt$"]) {
    await using host = await createStaticHost({ alpha: source }, {}, { "plugin/alpha/a.txt": "a" }, { include });
    host.wishes.set("storage", storage);
    await host.swapper.loadPlugins();
    const answer = storage.run("trace 7", () => host.swapper.current?.findPlugin("alpha")?.invokeFunc("store"));
    expect(await answer).toBe("trace 7");
  }
});

test.each([true, false])(
  "9, 10.2 asset() reads carried files of the plugin that asks (asyncContext: %p)",
  async (asyncContext) => {
    const source = `
import { asset, definePlugin } from "hotswap";
export default definePlugin({
  functions: { read: (path: string) => asset(path).text(), async later(path: string) { await 1; return asset(path).text(); } },
});
`;
    await using host = await createStaticHost(
      { alpha: source, beta: source },
      { asyncContext },
      { "plugin/alpha/texts/motd.txt": "from alpha", "plugin/beta/texts/motd.txt": "from beta" },
      { include: "txt$" },
    );
    await host.swapper.loadPlugins();
    for (const name of ["alpha", "beta"]) {
      const plugin = host.swapper.current?.findPlugin(name);
      expect(plugin?.invokeFunc("read", "texts/motd.txt")).toBe(`from ${name}`);
      expect(await plugin?.invokeFunc("later", "texts/motd.txt")).toBe(`from ${name}`);
      expect(() => plugin?.invokeFunc("read", "texts/modt.txt")).toThrow('did you mean "texts/motd.txt"?');
    }
  },
);

test("10.2 one swapper at a time: module state of linked plugins exists only once", async () => {
  await using host = await createStaticHost(plugins);
  await host.swapper.loadPlugins();
  const { staticPlugins, logger } = host;
  await using second = new PluginManagerSwapper("", { staticPlugins, logger });
  const error = await hotswapError(second.loadPlugins());
  expect(error).toBeInstanceOf(HotswapError);
  expect(error).toMatchObject({ code: "HOTSWAP_STATIC_MODE", message: expect.stringContaining("close that swapper") });
  expect(host.swapper.current?.findPlugin("delta")?.invokeFunc("versions")).toEqual([1, 1, 1]);
  await host.swapper.close();
  await second.loadPlugins();
  expect(second.current?.findPlugin("delta")?.invokeFunc("versions")).toEqual([1, 1, 1]);
});
