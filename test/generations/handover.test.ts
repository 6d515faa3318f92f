import type { EventEmitter } from "node:events";
import { describe, expect, test } from "bun:test";
import type { Scope } from "hotswap";
import { createHost, hotswapError, type Host } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { uncollected } from "../support/collect.ts";

/** Version `version` of a plugin whose `onInit` is `body`, with `scope`, `say`, `bus`, `target` and `keep` at hand. */
const plugin = (version: number | string, body: string, hooks = ""): string => `
import { definePlugin, type Scope } from "hotswap";
import { bus, keep, log, target } from "../../host";
const say = (what: string) => log("${version} " + what);
export default definePlugin({
  async onInit(vault, scope: Scope) { ${body} },
  functions: { version: () => "${version}" },
  ${hooks}
});`;

const hostModule = `
import { EventEmitter } from "node:events";
export const bus = new EventEmitter();
export const target = new EventTarget();
export const events: string[] = [];
export const log = (event: string) => { events.push(event); };
export const kept: unknown[] = [];
export const keep = (value: unknown) => { kept.push(value); };
`;

interface HostModule {
  readonly bus: EventEmitter;
  readonly target: EventTarget;
  readonly events: string[];
  readonly kept: unknown[];
}

/** A host with these plugins, loaded; sets that were swapped out are kept until the end. */
async function start(plugins: Readonly<Record<string, string>>, options: { readonly freeDelay?: number } = {}) {
  const errors: string[] = [];
  const host = await createHost(
    plugins,
    { freeDelay: 60_000, onPluginError: (error) => errors.push(String(error)), ...options },
    { "host.ts": hostModule },
  );
  await host.swapper.loadPlugins();
  const module = (await import(host.project.path("host.ts"))) as HostModule;
  return { host, errors, ...module };
}

async function reloadWith(host: Host, source: string): Promise<void> {
  await host.change("alpha", source);
  await host.swapper.reload();
}

/** Waits until `events` has an entry, and takes all of them. */
async function taken(events: string[]): Promise<string[]> {
  while (events.length === 0) await Bun.sleep(1);
  return events.splice(0);
}

const listening = `scope.on(bus, "msg", (text: string) => say(text));`;

describe("6.5 one event, one handler", () => {
  test("after four reloads one emit is handled once, by the newest version", async () => {
    const { host, bus, events } = await start({ alpha: plugin(0, listening) });
    await using _ = host;
    for (let version = 1; version <= 4; version++) await reloadWith(host, plugin(version, listening));
    expect(host.swapper.generations).toHaveLength(5);
    bus.emit("msg", "once");
    expect(events).toEqual(["4 once"]);
    expect(bus.listenerCount("msg")).toBe(1);
  });

  test("the same of event targets and of process", async () => {
    const body = `
      scope.on(target, "msg", () => say("target"));
      scope.on(process, "hotswap-handover", () => say("process"));`;
    const { host, target, events } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    await reloadWith(host, plugin(2, body));
    target.dispatchEvent(new Event("msg"));
    (process as EventEmitter).emit("hotswap-handover");
    expect(events).toEqual(["2 target", "2 process"]);
  });

  test("nothing is heard before the swap, and nothing of it is seen at the emitter", async () => {
    const { host, bus, events } = await start({
      alpha: plugin(1, `${listening} bus.emit("msg", "in onInit");`),
    });
    await using _ = host;
    expect(events).toEqual([]);
    await host.change("alpha", plugin(2, `${listening} bus.emit("msg", "in onInit");`));
    await host.swapper.reload(undefined, () => {
      bus.emit("msg", "in the callback");
      expect(bus.listenerCount("msg")).toBe(1);
    });
    bus.emit("msg", "after it");
    expect(events).toEqual(["1 in onInit", "1 in the callback", "2 after it"]);
  });

  test("a reload that is refused is never heard, whatever refuses it", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, listening) });
    await using _ = host;
    await host.change("alpha", plugin("failed", `${listening} throw new Error("no")`));
    await expect(host.swapper.reload()).rejects.toThrow("no");
    await host.change("alpha", plugin("refused", listening));
    await expect(host.swapper.reload(undefined, () => Promise.reject(new Error("not this")))).rejects.toThrow();
    bus.emit("msg", "now");
    expect(events).toEqual(["1 now"]);
  });

  test("a reload that is prepared is heard when it is committed, and never when it is aborted", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, listening) });
    await using _ = host;
    await host.change("alpha", plugin(2, `${listening} scope.interval(() => say("tick"), 0);`));
    {
      await using prepared = await host.swapper.prepare();
      bus.emit("msg", "prepared");
      await prepared.abort();
    }
    bus.emit("msg", "aborted");
    expect(events.splice(0)).toEqual(["1 prepared", "1 aborted"]);
    await using prepared = await host.swapper.prepare();
    bus.emit("msg", "prepared");
    await prepared.commit();
    bus.emit("msg", "committed");
    expect(events.slice(0, 2)).toEqual(["1 prepared", "2 committed"]);
  });

  test("rolling back brings a handler of its own, and one only", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, listening) });
    await using _ = host;
    await reloadWith(host, plugin(2, listening));
    await host.swapper.rollback();
    bus.emit("msg", "back");
    expect(events).toEqual(["1 back"]);
  });

  test("what stays goes on: unchanged and not reloadable plugins keep their handlers", async () => {
    const { host, bus, events } = await start({
      alpha: plugin(1, listening),
      unchanged: plugin("unchanged", listening),
      fixed: plugin("fixed", listening, "reloadable: () => false,"),
    });
    await using _ = host;
    const [first] = bus.rawListeners("msg");
    await host.change("fixed", plugin("changed", listening));
    await reloadWith(host, plugin(2, listening));
    bus.emit("msg", "now");
    expect(events.toSorted()).toEqual(["2 now", "fixed now", "unchanged now"]);
    expect(bus.rawListeners("msg").includes(first as () => void)).toBe(false);
    expect(bus.listenerCount("msg")).toBe(3);
  });

  test("a plugin that is removed hears nothing from then on", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, listening), beta: plugin("beta", listening) });
    await using _ = host;
    await host.project.remove("bin/beta.js");
    await host.swapper.reload();
    bus.emit("msg", "now");
    expect(events).toEqual(["1 now"]);
  });

  test("a listener that takes itself away is called once, by each version", async () => {
    const body = `const off = scope.on(bus, "msg", () => { off(); off(); say("once"); });`;
    const { host, bus, events } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    bus.emit("msg");
    bus.emit("msg");
    await reloadWith(host, plugin(2, body));
    bus.emit("msg");
    bus.emit("msg");
    expect(events).toEqual(["1 once", "2 once"]);
  });

  test("one that was taken away before the swap is not heard", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, `scope.on(bus, "msg", () => say("heard"))();`) });
    await using _ = host;
    bus.emit("msg");
    expect(events).toEqual([]);
    expect(bus.listenerCount("msg")).toBe(0);
  });

  test("what live code adds later is heard at once; what was left behind is refused, with the reason", async () => {
    const { host, bus, events, kept } = await start({ alpha: plugin(1, "keep(scope);") });
    await using _ = host;
    const scope = kept[0] as Scope;
    scope.on(bus, "msg", () => events.push("late"));
    bus.emit("msg");
    expect(events).toEqual(["late"]);
    await reloadWith(host, plugin(2, ""));
    bus.emit("msg");
    expect(events).toEqual(["late"]);
    for (const late of [
      () => scope.on(bus, "msg", () => {}),
      () => scope.interval(() => {}, 1),
      () => scope.timeout(() => {}, 1),
    ]) {
      expect(late).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED", plugin: "alpha" }));
      expect(late).toThrow("has left the current set");
    }
    expect(host.swapper.generations.find(({ number }) => number === 1)?.state).toBe("draining");
  });

  test("a listener that reloads gets the reload, and the next event has the new version", async () => {
    const body = `scope.on(bus, "msg", (reload: () => void) => { say("reloads"); reload(); });`;
    const { host, bus, events } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    await host.change("alpha", plugin(2, body));
    const reloaded = Promise.withResolvers<unknown>();
    bus.emit("msg", () => reloaded.resolve(host.swapper.reload()));
    await reloaded.promise;
    bus.emit("msg", () => {});
    expect(events).toEqual(["1 reloads", "2 reloads"]);
  });

  test("after close nothing is heard", async () => {
    const { host, bus, events } = await start({ alpha: plugin(1, listening) });
    await using _ = host;
    await host.swapper.close();
    bus.emit("msg", "late");
    expect(events).toEqual([]);
    expect(bus.listenerCount("msg")).toBe(0);
  });

  test("close stops every handler before the first plugin is freed", async () => {
    const { host, bus, events } = await start({
      alpha: plugin(1, listening),
      beta: plugin("beta", listening, `onFree() { bus.emit("msg", "in onFree"); say("freed"); },`),
    });
    await using _ = host;
    await host.swapper.close();
    expect(bus.listenerCount("msg")).toBe(0);
    expect(events).toEqual(["beta freed"]);
  });

  test("an emitter that throws when listened to spoils neither the swap nor the other listeners", async () => {
    const body = `
      const faulty = { on() { throw new Error("cannot add"); }, off() { throw new Error("cannot remove"); } };
      scope.on(faulty, "msg", () => {});
      ${listening}`;
    const { host, bus, events, errors } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    expect(errors).toEqual(["Error: cannot add"]);
    await reloadWith(host, plugin(2, listening));
    expect(errors).toEqual(["Error: cannot add", "Error: cannot remove"]);
    bus.emit("msg", "now");
    expect(events).toEqual(["2 now"]);
    expect(host.swapper.reloadCounter).toBe(1);
  });

  test("what a listener of the swap itself does finds the new set", async () => {
    const body = `scope.on(bus, "newListener", () => say("sees a listener")); ${listening}`;
    const { host, bus, events } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    const seen: unknown[] = [];
    bus.on("newListener", (event) => {
      if (event === "msg") seen.push(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version"));
    });
    await reloadWith(host, plugin(2, body));
    expect(seen).toEqual(["2"]);
    expect(events).toEqual(["2 sees a listener"]);
  });

  test("what is no source of events and no listener is refused at once, and fails the reload", async () => {
    const { host } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    await host.change("alpha", plugin(2, `scope.on({} as any, "msg", () => {});`));
    const noSource = await hotswapError(host.swapper.reload());
    expect(noSource).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", phase: "onInit" });
    expect(noSource.message).toContain("scope.on() takes an EventEmitter or EventTarget, not {}");
    await host.change("alpha", plugin(3, `scope.on(bus, "msg", undefined as any);`));
    expect((await hotswapError(host.swapper.reload())).message).toContain("takes a function as listener");
  });
});

describe("scope.interval and scope.timeout", () => {
  test("begin with the swap, not before it", async () => {
    const body = `scope.interval(() => say("tick"), 1); scope.timeout(() => say("rang"), 1); await Bun.sleep(20);`;
    const { host, events } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    await host.change("alpha", plugin(2, body));
    await host.swapper.reload(undefined, async () => {
      await Bun.sleep(20);
      expect(events).toEqual([]);
    });
    while (!events.includes("2 rang") || !events.includes("2 tick")) await Bun.sleep(1);
  });

  test("end with the swap that takes their generation out, however long it is kept", async () => {
    const ticking = `scope.interval(() => say("tick"), 1);`;
    const { host, events } = await start({ alpha: plugin(1, `${ticking} scope.timeout(() => say("rang"), 40);`) });
    await using _ = host;
    await taken(events);
    await reloadWith(host, plugin(2, ticking));
    events.splice(0);
    await Bun.sleep(60);
    expect(new Set(events)).toEqual(new Set(["2 tick"]));
    expect(host.swapper.generations.find(({ number }) => number === 1)?.state).toBe("draining");
  });

  test("never run for a reload that fails", async () => {
    const { host, events } = await start({ alpha: plugin(1, "") });
    await using _ = host;
    await host.change("alpha", plugin(2, `scope.interval(() => say("tick"), 0); throw new Error("no");`));
    await expect(host.swapper.reload()).rejects.toThrow();
    await Bun.sleep(10);
    expect(events).toEqual([]);
  });

  test("go on for a plugin that stays, without a second beginning", async () => {
    const { host, events } = await start({
      alpha: plugin(1, ""),
      beta: plugin("beta", `scope.timeout(() => say("rang"), 30); scope.interval(() => say("tick"), 1);`),
    });
    await using _ = host;
    for (let version = 2; version <= 4; version++) await reloadWith(host, plugin(version, ""));
    while (!events.includes("beta rang")) await Bun.sleep(1);
    await Bun.sleep(40);
    expect(events.filter((event) => event === "beta rang")).toHaveLength(1);
  });

  test("can be ended by whoever made them", async () => {
    const body = `
      scope.timeout(() => say("never"), 1)();
      let ticks = 0;
      const stop = scope.interval(() => { if (++ticks === 2) stop(); say("tick " + ticks); }, 1);
      scope.timeout(() => say("over"), 30);`;
    const { host, events } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    while (!events.includes("1 over")) await Bun.sleep(1);
    expect(events).toEqual(["1 tick 1", "1 tick 2", "1 over"]);
  });

  test("an error in them is the plugin's, and an interval goes on", async () => {
    const body = `
      let ticks = 0;
      scope.interval(() => { say("tick"); if (ticks++ === 0) throw new Error("thrown"); }, 1);
      scope.timeout(async () => { throw new Error("rejected"); }, 1);`;
    const { host, events, errors } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    while (errors.length < 2 || events.length < 2) await Bun.sleep(1);
    expect(errors.toSorted()).toEqual(["Error: rejected", "Error: thrown"]);
  });

  test("refuse what is no function and no time", async () => {
    const { host, kept } = await start({ alpha: plugin(1, "keep(scope);") });
    await using _ = host;
    const scope = kept[0] as Scope;
    expect(() => scope.interval("tick" as never, 1)).toThrow(TypeError);
    for (const ms of [-1, Number.NaN, Infinity, 2 ** 31]) {
      expect(() => scope.timeout(() => {}, ms)).toThrow("takes a time from 0 to 2147483647 ms");
    }
  });
});

describe("scope.retired", () => {
  test("is aborted in the step of the swap; scope.signal waits until the generation is freed", async () => {
    const body = `
      scope.retired.addEventListener("abort", () => say("retired " + scope.retired.reason.code));
      scope.signal.addEventListener("abort", () => say("freed"));
      keep(scope);`;
    const { host, events, kept } = await start({ alpha: plugin(1, body) });
    await using _ = host;
    const scope = kept[0] as Scope;
    let seen: unknown;
    scope.retired.addEventListener("abort", () => {
      seen = host.swapper.current?.findPlugin("alpha")?.invokeFunc("version");
    });
    await host.change("alpha", plugin(2, ""));
    await host.swapper.reload(undefined, () => expect(scope.retired.aborted).toBe(false));
    expect(seen).toBe("2");
    expect(events).toEqual(["1 retired HOTSWAP_FREED"]);
    expect(scope.retired.aborted).toBe(true);
    expect(scope.signal.aborted).toBe(false);
    await host.swapper.close();
    expect(events).toEqual(["1 retired HOTSWAP_FREED", "1 freed"]);
  });

  test("of a reload that fails is aborted before onFree; of what stays it is not", async () => {
    const { host, events, kept } = await start({ alpha: plugin(1, ""), beta: plugin("beta", "keep(scope);") });
    await using _ = host;
    const body = `scope.retired.addEventListener("abort", () => say("retired")); throw new Error("no");`;
    await host.change("alpha", plugin(2, body, `onFree() { say("onFree"); },`));
    await expect(host.swapper.reload()).rejects.toThrow();
    expect(events).toEqual(["2 retired", "2 onFree"]);
    await reloadWith(host, plugin(3, ""));
    expect((kept[0] as Scope).retired.aborted).toBe(false);
  });

  test("an abort listener that throws does not stop the swap", async () => {
    const { host, errors } = await start({
      alpha: plugin(1, `scope.retired.addEventListener("abort", () => { throw new Error("in the listener"); });`),
    });
    await using _ = host;
    await reloadWith(host, plugin(2, ""));
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe("2");
    expect(errors).toEqual(["Error: in the listener"]);
  });
});

test("a host that keeps the emitter and the scope does not keep the plugin's code", async () => {
  const body = `
    keep(scope);
    keep(scope.retired);
    ${listening}
    scope.interval(() => say("tick"), 1);
    scope.timeout(() => say("rang"), 60_000);`;
  const { host, bus } = await start({ alpha: plugin(1, body) }, { freeDelay: 0 });
  await using _ = host;
  // Whoever copied the listeners has them still.
  const copied = bus.listeners("msg");
  await reloadWith(host, plugin(2, ""));
  await host.swapper.drained();
  expect(copied).toHaveLength(1);
  expect(await uncollected(host.swapper)).toEqual([]);
});

test("plugins that are linked statically hear from the load to the end", async () => {
  const { definePlugin, PluginManagerSwapper } = await import("hotswap");
  const bus = new EventTarget();
  const heard: string[] = [];
  const alpha = definePlugin({
    onInit(_, scope) {
      scope.on(bus, "msg", () => heard.push("msg"));
      bus.dispatchEvent(new Event("msg"));
    },
  });
  const swapper = new PluginManagerSwapper("", {
    staticPlugins: { alpha: { module: { default: alpha } } },
    logger: new RecordingLogger(),
  });
  await swapper.loadPlugins();
  expect(heard).toEqual([]);
  bus.dispatchEvent(new Event("msg"));
  await swapper.close();
  bus.dispatchEvent(new Event("msg"));
  expect(heard).toEqual(["msg"]);
});
