import { describe, expect, test } from "bun:test";
import { ControlClient } from "../../src/control/client.ts";
import type { ControlEvent, ReloadEvent } from "../../src/control/protocol.ts";
import { hotswapError, journalPlugin } from "../support/host.ts";
import { createControlledHost } from "./controlled-host.ts";

const broken = `import { definePlugin } from "hotswap"; export default definePlugin({ onLoad() { throw new Error("no luck"); } });`;

describe("what a host says", () => {
  test("status: process, plugins with their dependencies, functions and calls under way", async () => {
    await using controlled = await createControlledHost({
      alpha: journalPlugin("alpha"),
      beta: journalPlugin("beta", ["alpha"]),
      slow: `import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
        export default definePlugin({ reloadable: () => false, functions: { wait: () => wishes.get("wait") as Promise<void> } });`,
    });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    const { promise, resolve } = Promise.withResolvers<void>();
    host.wishes.set("wait", promise);
    const call = host.swapper.current?.findPlugin("slow")?.invokeFunc("wait");
    const status = await client.status();
    expect(status).toMatchObject({
      pid: process.pid,
      bun: Bun.version,
      pluginDir: host.project.out,
      reloadCounter: 1,
      static: false,
      loaded: true,
    });
    expect(status.plugins).toMatchObject([
      { name: "alpha", note: "ok", generation: 2, deps: [], functions: ["version", "versions"], calls: 0 },
      { name: "slow", note: "not reloadable", generation: 1, reloadable: false, functions: ["wait"], calls: 1 },
      { name: "beta", note: "relinked", generation: 2, deps: ["alpha"], reloadable: true, calls: 0 },
    ]);
    expect(status.plugins[0]?.hash).toBe(host.swapper.current?.findPlugin("alpha")?.hash);
    expect(status.plugins[0]?.file).toBe(host.project.path("bin/alpha.js"));
    expect(Date.parse(status.plugins[0]?.loadedAt ?? "")).toBeGreaterThan(0);
    expect(status.uptime).toBeGreaterThan(0);
    resolve();
    await call;
    expect((await client.status()).plugins[1]?.calls).toBe(0);
  });

  test("generations with their state", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") }, { freeDelay: 60_000 });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    const { generations } = await client.generations();
    expect(generations).toMatchObject([
      { plugin: "alpha", number: 1, state: "draining", calls: 0, leaked: false },
      { plugin: "alpha", number: 2, state: "live", calls: 0, leaked: false },
    ]);
  });

  test("plan: what a reload would do and why, and nothing is done", async () => {
    await using controlled = await createControlledHost({
      alpha: journalPlugin("alpha"),
      beta: journalPlugin("beta", ["alpha"]),
    });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    expect((await client.plan()).plugins).toEqual([
      { name: "alpha", note: "ok", reason: "its artifact changed" },
      { name: "beta", note: "relinked", reason: "its dependency alpha is loaded anew" },
    ]);
    expect(host.swapper.reloadCounter).toBe(0);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("the vault's keys, and one value in readable form", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    host.swapper.current?.vault.dataBag.set("scores", new Map([["ann", 3]]));
    host.swapper.current?.vault.dataBag.set("names", ["ann"]);
    expect(await client.vaultKeys()).toEqual({ keys: ["names", "scores"], liveFuncs: [], liveTypes: [] });
    expect(await client.vaultValue("scores")).toEqual({
      key: "scores",
      found: true,
      text: Bun.inspect(new Map([["ann", 3]])),
    });
    expect(await client.vaultValue("nothing & more")).toEqual({ key: "nothing & more", found: false, text: "" });
  });
});

describe("what a host does", () => {
  test("reload and rollback, with the data that the host gave last", async () => {
    await using controlled = await createControlledHost({
      alpha: `import { definePlugin } from "hotswap"; import { log } from "../../journal";
        export default definePlugin({ onLoad(data) { log(String(data)); } });`,
    });
    const { host, client } = controlled;
    await host.swapper.loadPlugins("settings");
    await host.change("alpha", journalPlugin("alpha", [], 2));
    const reload = await client.reload();
    expect(reload).toMatchObject({ id: 2, kind: "reload", ok: true, reloadCounter: 1 });
    expect(reload.ok && reload.notes).toEqual([{ name: "alpha", note: "ok" }]);
    const steps = "scan load reloadable export import link onLoad vault onInit callback swap";
    expect(Object.keys(reload.timings).join(" ")).toBe(steps);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(2);
    host.takeEvents();
    expect(await client.rollback()).toMatchObject({ id: 3, kind: "rollback", ok: true, reloadCounter: 2 });
    expect(host.takeEvents()).toContain("settings");
    expect((await client.reloads()).reloads.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "1 load",
      "2 reload",
      "3 rollback",
    ]);
  });

  test("a reload that fails says code, plugin and phase, and stays in the history", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    await host.change("alpha", broken);
    const reload = await client.reload();
    expect(reload).toMatchObject({
      ok: false,
      kind: "reload",
      error: { code: "HOTSWAP_HOOK_FAILED", plugin: "alpha", phase: "onLoad" },
    });
    expect(!reload.ok && reload.error.message).toContain("no luck");
    expect((await client.status()).lastReload).toEqual(reload);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("what is refused before it begins is an error with its code", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    expect((await hotswapError(client.rollback())).code).toBe("HOTSWAP_NOTHING_TO_ROLL_BACK");
    expect((await client.reloads()).reloads).toHaveLength(1);
  });

  test("the progress of a reload of many plugins, step by step", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `plugin${index}`);
    await using controlled = await createControlledHost(
      Object.fromEntries(names.map((name) => [name, journalPlugin(name)])),
    );
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    for (const name of names) await host.change(name, journalPlugin(name, [], 2));
    const events: ReloadEvent[] = [];
    const reload = await client.reload((event) => events.push(event));
    expect(events[0]).toMatchObject({ type: "start", kind: "reload", id: 2 });
    const steps = events.flatMap((event) => (event.type === "progress" ? event.phase : []));
    expect(Array.from(new Set(steps))).toEqual(Object.keys(reload.timings) as typeof steps);
    expect(events).toContainEqual({ type: "progress", id: 2, phase: "load", done: 0, total: 12 });
    expect(events.at(-1)).toEqual({ type: "end", reload });
  });

  test("events: whoever listens hears of reloads that others began, and of generations", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    const { host, client } = controlled;
    await host.swapper.loadPlugins();
    const abort = new AbortController();
    const events = client.events(abort.signal);
    const next = async (type: ControlEvent["type"]): Promise<ControlEvent> => {
      for (;;) {
        const { value } = await events.next();
        if (value === undefined) throw new Error("the events ended");
        if (value.type === type) return value;
      }
    };
    expect(await next("hello")).toMatchObject({ pid: process.pid });
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    expect(await next("start")).toMatchObject({ kind: "reload" });
    expect(await next("end")).toMatchObject({ reload: { ok: true, notes: [{ name: "alpha", note: "ok" }] } });
    expect(await next("generations")).toEqual({ type: "generations" });
    abort.abort();
    expect((await events.next()).done).toBe(true);
  });
});

describe("the wire", () => {
  test("unknown paths, wrong methods and missing parameters are errors", async () => {
    await using controlled = await createControlledHost({});
    await controlled.host.swapper.loadPlugins();
    const ask = async (path: string, method = "GET"): Promise<[number, string]> => {
      const response = await fetch(`http://host${path}`, { unix: controlled.socket, method });
      return [response.status, ((await response.json()) as { error: { message: string } }).error.message];
    };
    expect(await ask("/nothing")).toEqual([404, "there is no /nothing here"]);
    expect(await ask("/reload")).toEqual([405, "/reload takes POST, not GET"]);
    expect(await ask("/status", "DELETE")).toEqual([405, "/status takes GET, not DELETE"]);
    expect(await ask("/vault/value")).toEqual([400, `/vault/value needs the parameter "key"`]);
  });

  test("without a streaming client, a reload is one answer", async () => {
    await using controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
    await controlled.host.swapper.loadPlugins();
    const post = (): Promise<Response> => fetch("http://host/reload", { unix: controlled.socket, method: "POST" });
    const fine = await post();
    expect(fine.status).toBe(200);
    expect(await fine.json()).toMatchObject({ ok: true, notes: [{ name: "alpha", note: "unchanged" }] });
    await controlled.host.change("alpha", broken);
    const failed = await post();
    expect(failed.status).toBe(409);
    expect(await failed.json()).toMatchObject({ ok: false, error: { plugin: "alpha" } });
  });

  test("no host: one error that says so", async () => {
    const error = await hotswapError(new ControlClient("/tmp/hotswap-nobody.sock").status());
    expect(error.code).toBe("HOTSWAP_CONTROL_FAILED");
    expect(error.message).toContain("/tmp/hotswap-nobody.sock (there is no such socket)");
    const other = await hotswapError(new ControlClient(import.meta.path).status());
    expect(other.message).toContain(`${import.meta.path} (it is not a socket)`);
  });
});
