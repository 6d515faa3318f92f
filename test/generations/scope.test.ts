import { EventEmitter } from "node:events";
import { describe, expect, test } from "bun:test";
import type { Scope } from "hotswap";
import { createHost, type Host } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";

/** A plugin whose `onInit` is `body`, with `scope`, `bus` (a host's emitter) and `log` at hand. */
const scoped = (body: string): string => `
import { definePlugin, type Scope } from "hotswap";
import { log } from "../../journal";
import { bus, target, keep } from "../../host";
class Pool { [Symbol.dispose]() { log("pool closed"); } }
class AsyncPool { async [Symbol.asyncDispose]() { await 1; log("async pool closed"); } }
export default definePlugin({
  async onInit(vault, scope: Scope) { ${body} },
  onFree() { log("onFree"); },
  functions: { version: () => 1 },
});`;

const hostModule = `
import { EventEmitter } from "node:events";
export const bus = new EventEmitter();
export const target = new EventTarget();
export const kept: unknown[] = [];
export const keep = (value: unknown) => void kept.push(value);
`;

interface HostModule {
  readonly bus: EventEmitter;
  readonly target: EventTarget;
  readonly kept: unknown[];
}

async function scopedHost(body: string, hookTimeout = 1000) {
  const errors: unknown[] = [];
  const host = await createHost(
    { alpha: scoped(body) },
    { hookTimeout, onPluginError: (error) => errors.push(error) },
    { "host.ts": hostModule },
  );
  await host.swapper.loadPlugins();
  host.takeEvents();
  const module = (await import(host.project.path("host.ts"))) as HostModule;
  return { host, errors, ...module };
}

async function free(host: Host): Promise<string[]> {
  await host.swapper.close();
  return host.takeEvents();
}

describe("what a plugin registers in its scope is undone when it is freed", () => {
  test("in reverse order, after onFree and the signal", async () => {
    const { host } = await scopedHost(`
      scope.defer(() => log("first"));
      scope.use(new Pool());
      scope.defer(async () => { await 1; log("third"); });
      scope.use(new AsyncPool());
      scope.signal.addEventListener("abort", () => log("aborted: " + scope.signal.reason.code));
    `);
    await using _ = host;
    expect(await free(host)).toEqual([
      "onFree",
      "aborted: HOTSWAP_FREED",
      "async pool closed",
      "third",
      "pool closed",
      "first",
    ]);
  });

  test("an undo that throws, rejects or hangs is logged and does not stop the others", async () => {
    const { host } = await scopedHost(
      `
      scope.defer(() => log("first"));
      scope.defer(() => { throw new Error("thrown"); });
      scope.defer(() => Promise.reject(new Error("rejected")));
      scope.defer(() => new Promise(() => {}));
      scope.defer(() => log("last"));
    `,
      20,
    );
    await using _ = host;
    expect(await free(host)).toEqual(["onFree", "last", "first"]);
    const errors = host.logger.of("error").join("\n");
    expect(errors).toContain("freeing alpha#1: thrown");
    expect(errors).toContain("freeing alpha#1: rejected");
    expect(errors).toContain(`what "alpha" deferred in its scope did not finish within 20 ms`);
  });

  test("when onInit fails after it", async () => {
    const { host } = await scopedHost("");
    await using _ = host;
    await host.change("alpha", scoped(`scope.defer(() => log("undone")); throw new Error("no");`));
    await expect(host.swapper.reload()).rejects.toThrow("no");
    expect(host.takeEvents()).toEqual(["onFree", "undone"]);
  });

  test("registering after the end is an error, and the signal is aborted", async () => {
    const { host, kept } = await scopedHost("keep(scope);");
    await using _ = host;
    await host.swapper.close();
    const scope = kept[0] as Scope;
    for (const register of [
      () => scope.defer(() => {}),
      () => scope.on(new EventEmitter(), "event", () => {}),
      () => scope.use({ [Symbol.dispose]() {} }),
    ]) {
      expect(register).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED", plugin: "alpha" }));
    }
    expect(scope.signal.aborted).toBe(true);
    expect(scope.signal.reason).toMatchObject({ code: "HOTSWAP_FREED" });
  });

  test("what is no disposable and no function is refused at once", async () => {
    const { host, kept } = await scopedHost(`
      for (const register of [() => scope.use({} as any), () => scope.defer(42 as any)]) {
        try { register(); } catch (error) { keep(error.message); }
      }
    `);
    await using _ = host;
    expect(kept).toEqual([
      "scope.use() takes a disposable, and {} has no [Symbol.dispose]()",
      "scope.defer() takes a function, not 42",
    ]);
  });
});

describe("scope.on", () => {
  test("listens to emitters and event targets until the plugin is freed", async () => {
    const { host, bus, target } = await scopedHost(`
      scope.on(bus, "event", (value: number) => log("bus " + value));
      scope.on(target, "event", (event: Event) => log("target " + event.type));
    `);
    await using _ = host;
    bus.emit("event", 1);
    target.dispatchEvent(new Event("event"));
    expect(host.takeEvents()).toEqual(["bus 1", "target event"]);
    await host.swapper.close();
    host.takeEvents();
    bus.emit("event", 2);
    target.dispatchEvent(new Event("event"));
    expect(bus.listenerCount("event")).toBe(0);
    expect(host.takeEvents()).toEqual([]);
  });

  test("a listener on process", async () => {
    const { host } = await scopedHost(`scope.on(process, "hotswap-test", (value: unknown) => log("got " + value));`);
    await using _ = host;
    const emitter: EventEmitter = process;
    emitter.emit("hotswap-test", "this");
    expect(host.takeEvents()).toEqual(["got this"]);
    await host.swapper.close();
    expect(emitter.listenerCount("hotswap-test")).toBe(0);
  });

  test("what a listener opens is the plugin's, and is closed with it", async () => {
    const { host, bus } = await scopedHost(
      `scope.on(bus, "event", () => { setInterval(() => log("tick"), 1); keep(Bun.ModuleGraph.current); });`,
    );
    await using _ = host;
    bus.emit("event");
    expect(Bun.ModuleGraph.current).toBeUndefined();
    while (!host.takeEvents().includes("tick")) await Bun.sleep(1);
    await host.swapper.close();
    host.takeEvents();
    await Bun.sleep(5);
    expect(host.takeEvents()).toEqual([]);
  });

  test("what a listener throws or rejects with is reported, and stops neither the emitter nor other listeners", async () => {
    const { host, errors, bus, target } = await scopedHost(`
      scope.on(bus, "event", () => { throw new Error("thrown on the bus"); });
      scope.on(bus, "event", async () => { throw new Error("rejected"); });
      scope.on(target, "event", () => { throw new Error("thrown on the target"); });
    `);
    await using _ = host;
    let others = 0;
    bus.on("event", () => others++);
    bus.emit("event");
    target.dispatchEvent(new Event("event"));
    while (errors.length < 3) await Bun.sleep(1);
    expect(others).toBe(1);
    expect(errors.map(String).toSorted()).toEqual([
      "Error: rejected",
      "Error: thrown on the bus",
      "Error: thrown on the target",
    ]);
  });

  test("a listener sees the emitter as this", async () => {
    const { host, bus } = await scopedHost(
      `scope.on(bus, "event", function (this: unknown) { log(String(this === bus)); });`,
    );
    await using _ = host;
    bus.emit("event");
    expect(host.takeEvents()).toEqual(["true"]);
  });
});

describe("scope.signal", () => {
  test("ends what Bun leaves open: a request through the host's http.globalAgent", async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request) {
        request.signal.addEventListener("abort", () => closed.resolve());
        arrived.resolve();
        return new Promise<Response>(() => {});
      },
    });
    const { host } = await scopedHost(`
      const { request } = await import("node:http");
      request("http://127.0.0.1:${server.port}/", { signal: scope.signal }).on("error", () => log("cut")).end();
    `);
    await using _ = host;
    await arrived.promise;
    await host.swapper.close();
    await closed.promise;
  });

  test("an abort listener that throws is an error of the plugin", async () => {
    const { host, errors } = await scopedHost(
      `scope.signal.addEventListener("abort", () => { throw new Error("in the listener"); });`,
    );
    await using _ = host;
    await host.swapper.close();
    expect(errors.map(String)).toEqual(["Error: in the listener"]);
  });
});

test("a host that keeps the scope does not keep the plugin's code", async () => {
  const { host, kept, bus } = await scopedHost(`
    keep(scope);
    scope.signal.addEventListener("abort", () => log("aborted"));
    scope.on(bus, "event", () => log("event"));
    scope.defer(() => log("deferred"));
    scope.use(new Pool());
  `);
  await using _ = host;
  await host.change("alpha", scoped("log('second')"));
  await host.swapper.reload();
  await host.swapper.drained();
  expect(await uncollected(host.swapper)).toEqual([]);
  expect(kept).toHaveLength(1);
  expect(bus.listenerCount("event")).toBe(0);
});
