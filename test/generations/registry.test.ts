import { describe, expect, test } from "bun:test";
import { PluginManagerSwapper, type Registry, registry, type Scope, type SwapperOptions } from "hotswap";
import { createHost, hotswapError, type Host } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";

type Command = (words: string) => unknown;

/** Version `version` of a plugin whose `onInit` is `body`, with `scope` and what the host has at hand. */
const plugin = (version: number | string, body: string, rest = ""): string => `
import { definePlugin, type Scope } from "hotswap";
import { commands, gate, keep, log, read, things } from "../../host";
let theScope: Scope;
export default definePlugin({
  onInit(vault, scope: Scope) { theScope = scope; ${body} },
  functions: { version: () => "${version}", register: (key: string) => { theScope.register(commands, key, () => "${version} late"); } },
  ${rest}
});`;

/** One that registers `key`. */
const commanding = (version: number | string, key = "kick", rest = ""): string =>
  plugin(version, `scope.register(commands, "${key}", (words) => "${version} " + words);`, rest);

const hostModule = `
import { registry } from "hotswap";
export const commands = registry<(words: string) => unknown>("commands");
export const things = registry<unknown>("things");
export const events: string[] = [];
export const log = (event: string) => { events.push(event); };
export const kept: unknown[] = [];
export const keep = (value: unknown) => { kept.push(value); };
/** What code of the host reads, whoever calls it. */
export const read = (words: string) => commands.get("kick")?.(words);
let open = () => {};
export const opened = new Promise<void>((resolve) => { open = resolve; });
export const gate = { opened, open };
`;

interface HostModule {
  readonly commands: Registry<Command>;
  readonly things: Registry<unknown>;
  readonly events: string[];
  readonly kept: unknown[];
  readonly read: (words: string) => unknown;
  readonly gate: { readonly opened: Promise<void>; readonly open: () => void };
}

/** A host with these plugins, loaded; sets that were swapped out are kept until the end. */
async function start(plugins: Readonly<Record<string, string>>, options: SwapperOptions<undefined> = {}) {
  const host = await createHost(plugins, { freeDelay: 60_000, ...options }, { "host.ts": hostModule });
  await host.swapper.loadPlugins();
  return { host, ...((await import(host.project.path("host.ts"))) as HostModule) };
}

async function reloadWith(host: Host, name: string, source: string): Promise<void> {
  await host.change(name, source);
  await host.swapper.reload();
}

const call = (host: Host, of: string, name: string, ...params: unknown[]): unknown =>
  host.swapper.current?.findPlugin(of)?.invokeFunc(name, ...params);

describe("6.6 the entries of a registry are handed over by the swap", () => {
  test("an entry is there from the load on, and the newest version's after each reload", async () => {
    const { host, commands } = await start({ alpha: commanding(1) });
    await using _ = host;
    expect(commands.get("kick")?.("Ada")).toBe("1 Ada");
    for (let version = 2; version <= 4; version++) {
      await reloadWith(host, "alpha", commanding(version));
      expect(commands.get("kick")?.("Ada")).toBe(`${version} Ada`);
      expect(Array.from(commands.entries(), ([key]) => key)).toEqual(["kick"]);
    }
    // With freeDelay over, too.
    await host.swapper.close();
    expect(commands.get("kick")).toBeUndefined();
  });

  test("an old version that is freed leaves the new version's entry alone", async () => {
    const { host, commands } = await start({ alpha: commanding(1) }, { freeDelay: 0 });
    await using _ = host;
    await reloadWith(host, "alpha", commanding(2));
    await host.swapper.drained();
    expect(commands.get("kick")?.("Ada")).toBe("2 Ada");
  });

  test("get, has, keys, entries and size", async () => {
    const { host, commands } = await start({
      alpha: plugin(1, `scope.register(commands, "kick", () => 1); scope.register(commands, "ban", () => 2);`),
      beta: commanding("beta", "mute"),
    });
    await using _ = host;
    expect(commands.name).toBe("commands");
    expect([commands.has("ban"), commands.has("toString"), commands.size]).toEqual([true, false, 3]);
    expect(Array.from(commands.keys())).toEqual(["kick", "ban", "mute"]);
    expect(Array.from(commands.entries(), ([key, run]) => `${key} ${run("x")}`)).toEqual([
      "kick 1",
      "ban 2",
      "mute beta x",
    ]);
    // What was asked for does not change under the reader's hands.
    const keys = commands.keys();
    await reloadWith(host, "beta", commanding("beta", "shout"));
    expect(Array.from(keys)).toEqual(["kick", "ban", "mute"]);
    expect(Array.from(commands.keys())).toEqual(["kick", "ban", "shout"]);
  });

  test("before the swap nobody but the coming set sees it; a callback may look, and refuse", async () => {
    const { host, commands } = await start({ alpha: commanding(1), beta: commanding("beta", "mute") });
    await using _ = host;
    await host.change("alpha", commanding(2, "ban", `onFree() { log("freed with " + [...commands.keys()]); },`));
    const seen: unknown[] = [];
    const look = host.swapper.reload(undefined, (coming, old) => {
      seen.push(Array.from(commands.keys()), Array.from(coming.registry(commands).keys()).toSorted());
      seen.push(Array.from(old?.registry(commands).keys() ?? []));
      expect(coming.registry(commands).get("ban")?.("Ada")).toBe("2 Ada");
      if (!coming.registry(commands).has("kick")) throw new Error("nobody can be kicked");
    });
    await expect(look).rejects.toThrow("nobody can be kicked");
    expect(seen).toEqual([
      ["kick", "mute"],
      ["ban", "mute"],
      ["kick", "mute"],
    ]);
    expect(Array.from(commands.keys())).toEqual(["kick", "mute"]);
  });

  test("of a reload that fails there never was one", async () => {
    const { host, commands } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    await host.change("alpha", plugin(2, `scope.register(commands, "kick", () => 2); throw new Error("no");`));
    await expect(host.swapper.reload()).rejects.toThrow();
    expect([commands.size, commands.has("kick")]).toEqual([0, false]);
    await reloadWith(host, "alpha", commanding(3));
    expect(commands.get("kick")?.("Ada")).toBe("3 Ada");
  });

  test("what stays keeps its entry: the same function before and after", async () => {
    const { host, commands } = await start({
      alpha: plugin(1, ""),
      beta: commanding("beta", "mute"),
      fixed: commanding("fixed", "fix", "reloadable: () => false,"),
    });
    await using _ = host;
    const [mute, fix] = [commands.get("mute"), commands.get("fix")];
    await host.change("fixed", commanding("changed", "fix"));
    await reloadWith(host, "alpha", plugin(2, ""));
    await host.swapper.rollback();
    expect([commands.get("mute"), commands.get("fix")]).toEqual([mute, fix]);
    expect(fix?.("it")).toBe("fixed it");
  });

  test("a key may move from one plugin to another in one reload, and back", async () => {
    const { host, commands } = await start({ alpha: commanding("alpha"), beta: plugin("beta", "") });
    await using _ = host;
    await host.change("alpha", plugin("alpha", ""));
    await reloadWith(host, "beta", commanding("beta"));
    expect(commands.get("kick")?.("Ada")).toBe("beta Ada");
    await host.swapper.rollback();
    expect(commands.get("kick")?.("Ada")).toBe("alpha Ada");
  });

  test("the function that register() returns takes the entry out, once", async () => {
    const { host, commands, kept } = await start({
      alpha: plugin(1, `keep(scope.register(commands, "kick", () => 1));`),
    });
    await using _ = host;
    const run = commands.get("kick");
    const undo = kept[0] as () => void;
    undo();
    undo();
    expect(commands.has("kick")).toBe(false);
    expect(run).toThrow(`alpha.commands.kick() was called after "alpha" took it out of the registry`);
    call(host, "alpha", "register", "kick");
    expect(commands.get("kick")?.("")).toBe("1 late");
  });
});

describe("6.6 two plugins with one key", () => {
  test("fail the reload in onInit, naming the key and both, and leave the current set as it is", async () => {
    const { host, commands } = await start({ alpha: commanding("alpha"), beta: plugin("beta", "") });
    await using _ = host;
    await host.change("beta", commanding("beta"));
    const error = await hotswapError(host.swapper.reload());
    expect(error).toMatchObject({ code: "HOTSWAP_DUPLICATE_ENTRY", phase: "onInit", plugin: "beta" });
    expect(error.message).toContain(`two plugins register "kick" in commands: alpha and beta`);
    expect(commands.get("kick")?.("Ada")).toBe("alpha Ada");
  });

  test("one plugin with a key twice", async () => {
    const { host } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    await host.change("alpha", plugin(2, `for (const _ of "ab") scope.register(commands, "kick", () => 2);`));
    const error = await hotswapError(host.swapper.reload());
    expect(error.code).toBe("HOTSWAP_DUPLICATE_ENTRY");
    expect(error.message).toContain(`alpha registers "kick" in commands twice`);
  });

  test("live code cannot take a key that the coming set has, nor one that is taken; what is refused is in nobody's way", async () => {
    const { host, commands } = await start({ alpha: plugin("alpha", ""), beta: commanding("beta", "mute") });
    await using _ = host;
    await host.change("beta", commanding("beta", "kick"));
    let error: unknown;
    const refused = host.swapper.reload(undefined, () => {
      expect(() => call(host, "alpha", "register", "kick")).toThrow("two plugins register");
      throw new Error("refused");
    });
    await refused.catch((reason: unknown) => (error = reason));
    expect(error).toMatchObject({ code: "HOTSWAP_CALLBACK_FAILED" });
    expect(() => call(host, "alpha", "register", "mute")).toThrow(
      `two plugins register "mute" in commands: beta and alpha`,
    );
    call(host, "alpha", "register", "kick");
    expect(commands.get("kick")?.("")).toBe("alpha late");
  });

  test("two swappers in one process have each their own entries; the host may ask either", async () => {
    await using both = await createHost({ alpha: commanding(1) }, {}, { "host.ts": hostModule });
    const { commands } = (await import(both.project.path("host.ts"))) as HostModule;
    await using other = new PluginManagerSwapper(both.project.out, { root: both.project.root, logger: both.logger });
    await both.swapper.loadPlugins();
    await both.change("alpha", commanding(2));
    await other.loadPlugins();
    expect(both.swapper.current?.registry(commands).get("kick")?.("Ada")).toBe("1 Ada");
    expect(other.current?.registry(commands).get("kick")?.("Ada")).toBe("2 Ada");
    await both.swapper.close();
    expect(commands.get("kick")?.("Ada")).toBe("2 Ada");
  });
});

describe("6.6 what is read in a call or through a lease is the entry of that set", () => {
  const reader = (version: string): string =>
    plugin(version, "").replace(
      "functions: {",
      `functions: {
        async slow() { const before = read("before"); await gate.opened; return [before, read("after"), [...commands.keys()].length]; },
        now: () => read("now"),`,
    );

  test.each([{ asyncContext: true }, { asyncContext: false }])(
    "a call that began in the old set reads the old set's entries to its end, through code of the host, too: %p",
    async (options) => {
      const { host, gate, read } = await start({ alpha: commanding(1), reader: reader("1") }, options);
      await using _ = host;
      const slow = call(host, "reader", "slow") as Promise<unknown>;
      await host.change("alpha", commanding(2));
      await reloadWith(host, "reader", reader("2"));
      gate.open();
      expect(await slow).toEqual(["1 before", "1 after", 1]);
      expect(read("host")).toBe("2 host");
      expect(call(host, "reader", "now")).toBe("2 now");
    },
  );

  test("a lease reads its own set, until it is retired", async () => {
    const { host, commands } = await start({ alpha: commanding(1) }, { freeDelay: 0 });
    await using _ = host;
    const lease = host.swapper.acquire();
    await reloadWith(host, "alpha", commanding(2, "ban"));
    const leased = lease.manager.registry(commands);
    expect(leased.get("kick")?.("Ada")).toBe("1 Ada");
    expect([leased.name, leased.size, leased.has("ban"), ...leased.keys()]).toEqual(["commands", 1, false, "kick"]);
    expect(Array.from(commands.keys())).toEqual(["ban"]);
    lease.release();
    await host.swapper.drained();
    for (const use of [() => leased.get("kick"), () => leased.has("kick"), () => leased.keys(), () => leased.size]) {
      expect(use).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
    }
  });

  test("a plugin that stays reads the current set", async () => {
    const { host } = await start({ alpha: commanding(1), reader: reader("1") });
    await using _ = host;
    await reloadWith(host, "alpha", commanding(2));
    expect(call(host, "reader", "now")).toBe("2 now");
  });

  test("in onInit a plugin reads the coming set: its own entries, those of what stays, none of what leaves", async () => {
    const { host, events } = await start({ alpha: commanding(1), beta: commanding("beta", "mute") });
    await using _ = host;
    await reloadWith(
      host,
      "alpha",
      plugin(
        2,
        `log([...commands.keys()].join()); scope.register(commands, "ban", () => 2); log([...commands.keys()].join());`,
      ),
    );
    expect(events).toEqual(["mute", "mute,ban"]);
  });
});

describe("6.6 what is registered runs in its own generation", () => {
  test("a function is counted as a call: its set is kept until it is over, and listed", async () => {
    const body = `scope.register(commands, "wait", async () => { await gate.opened; return Bun.ModuleGraph.current === undefined; });`;
    const { host, commands, gate } = await start({ alpha: plugin(1, body) }, { freeDelay: 0 });
    await using _ = host;
    const waiting = commands.get("wait")?.("") as Promise<boolean>;
    expect(host.swapper.generations[0]?.calls).toBe(1);
    await reloadWith(host, "alpha", plugin(2, ""));
    expect(host.swapper.generations.map(({ state }) => state)).toEqual(["draining", "live"]);
    gate.open();
    expect(await waiting).toBe(false);
    await host.swapper.drained();
  });

  test("one that never ends rejects when its set is retired", async () => {
    const body = `scope.register(commands, "wait", () => new Promise(() => {}));`;
    const { host, commands } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    const waiting = hotswapError(commands.get("wait")?.("") as Promise<unknown>);
    await host.swapper.close({ timeout: 0 });
    expect(await waiting).toMatchObject({ code: "HOTSWAP_FREED", plugin: "alpha" });
  });

  test("methods of objects too; data is read from the original", async () => {
    const body = `
      class Service { #calls = 0; title = "first"; where() { this.#calls++; return Bun.ModuleGraph.current !== undefined; } get calls() { return this.#calls; } }
      const service = new Service();
      scope.register(things, "service", service);
      scope.register(things, "list", [1, 2]);
      scope.register(things, "rename", (title: string) => { service.title = title; });`;
    const { host, things } = await start({ alpha: plugin(1, body) }, { freeDelay: 0 });
    await using _ = host;
    const service = things.get("service") as { where(): boolean; readonly calls: number; readonly title: string };
    expect([service.where(), service.calls, service.title]).toEqual([true, 1, "first"]);
    (things.get("rename") as (title: string) => void)("second");
    expect([service.title, things.get("list")]).toEqual(["second", [1, 2]]);
    await reloadWith(host, "alpha", plugin(2, ""));
    await host.swapper.drained();
    expect(() => service.where()).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
    expect(() => service.title).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  });

  test("a host that keeps the registry and what it got from it does not keep the plugin's code", async () => {
    const body = `
      scope.register(commands, "kick", () => 1);
      scope.register(things, "object", { method() { return 1; }, data: { fn() {} } });
      scope.register(commands, "gone", () => 1)();`;
    const { host, commands, things } = await start({ alpha: plugin(1, body) }, { freeDelay: 0 });
    await using _ = host;
    const held = [commands.get("kick"), things.get("object"), host.swapper.current?.registry(commands)];
    await reloadWith(host, "alpha", plugin(2, ""));
    await host.swapper.drained();
    expect(held).toHaveLength(3);
    expect(await uncollected(host.swapper)).toEqual([]);
  });
});

describe("registering late", () => {
  test("works in calls and timers of the current set", async () => {
    const { host, commands } = await start({
      alpha: plugin(1, `scope.timeout(() => { scope.register(commands, "timed", () => "timed"); }, 1);`),
    });
    await using _ = host;
    call(host, "alpha", "register", "called");
    expect(commands.get("called")?.("")).toBe("1 late");
    while (!commands.has("timed")) await Bun.sleep(1);
    await reloadWith(host, "alpha", plugin(2, ""));
    expect(commands.size).toBe(0);
  });

  test("is refused after leaving, and after freeing, with the reason", async () => {
    const { host, kept, commands } = await start({ alpha: plugin(1, "keep(scope);") });
    await using _ = host;
    const scope = kept[0] as Scope;
    const late = (): unknown => scope.register(commands, "late", () => 1);
    await reloadWith(host, "alpha", plugin(2, ""));
    expect(late).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED", plugin: "alpha" }));
    expect(late).toThrow("has left the current set");
    await host.swapper.close();
    expect(late).toThrow("after it was freed");
    expect(commands.size).toBe(0);
  });

  test("what is no registry and no key is refused; a plugin cannot make a registry", async () => {
    const { host, kept } = await start({
      alpha: plugin(
        1,
        `keep(scope); import("hotswap").then(({ registry }) => { try { registry("mine"); } catch (error) { keep(error.message); } });`,
      ),
    });
    await using _ = host;
    const scope = kept[0] as Scope;
    expect(() => scope.register({} as never, "key", 1 as never)).toThrow("is not a registry: make one with registry()");
    expect(() => scope.register(registry("numbers"), 1 as never, 1 as never)).toThrow("takes a string as key");
    expect(() => registry(1 as never)).toThrow(TypeError);
    while (kept.length < 2) await Bun.sleep(1);
    expect(kept[1]).toContain(`registry("mine") was called by code of a plugin`);
  });
});
