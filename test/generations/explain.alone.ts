import { describe, expect, test } from "bun:test";
import { createHost, journalPlugin } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";
import { leakingHost, registry, world } from "./leaking-host.ts";

async function pathOf(leak: string): Promise<string> {
  await using host = await leakingHost(leak);
  const explanation = await host.swapper.explain({ plugin: "world", number: 1 });
  expect(explanation).toMatchObject({ plugin: "world", number: 1, state: "freed", suspects: [] });
  expect(String(explanation)).toContain(explanation.path.join(" > "));
  return explanation.path.join(" > ");
}

describe("6.4 explain names the path of references that keeps a freed generation", () => {
  const cases: readonly (readonly [what: string, leak: string, path: string])[] = [
    [
      "a function in a host's Map",
      `host.handlers.set("tick", onTick);`,
      `host module g/registry.ts > handlers (Map) > "tick" > function onTick of world#1`,
    ],
    [
      "a function in a host's Set",
      `host.listeners.add(onTick);`,
      `host module g/registry.ts > listeners (Set) > an entry > function onTick of world#1`,
    ],
    [
      "a listener on a host's emitter",
      `host.bus.on("tick", onTick);`,
      `host module g/registry.ts > bus (EventEmitter) > _events > tick > function onTick of world#1`,
    ],
    [
      "an instance of a class in a host's array",
      `host.players.push(new Player());`,
      `host module g/registry.ts > players (Array) > [0] > an instance of Player of world#1`,
    ],
    [
      "an async function that waits for a host's promise",
      `void save();`,
      `host module g/registry.ts > never (Promise) > an async function of world#1 that waits for it`,
    ],
    [
      "a callback of a host's promise",
      `host.never.then(onTick);`,
      `host module g/registry.ts > never (Promise) > function onTick of world#1`,
    ],
    [
      "asynchronous work of the host that a plugin began",
      `void host.waitForever();`,
      `host module g/registry.ts > never (Promise) > asynchronous work that was begun in world#1`,
    ],
    [
      "an anonymous function in a plain object in a Map",
      `host.handlers.set("tick", { run: (() => () => state)() });`,
      `host module g/registry.ts > handlers (Map) > "tick" > run > an anonymous function of world#1`,
    ],
    [
      "a function in a Map in a Map in an array in an object",
      `(host.nested.list[0]!.get("inner") as Map<string, unknown>).set("deep", onTick);`,
      `host module g/registry.ts > nested > list (Array) > [0] (Map) > "inner" (Map) > "deep" > function onTick of world#1`,
    ],
    [
      "a function in a private field",
      `host.rooms.add(onTick);`,
      `host module g/registry.ts > rooms (Registry) > #handlers (Array) > [0] > function onTick of world#1`,
    ],
    [
      "an instance in a static Map of a host's class",
      `host.Registry.instances.set("one", new Player());`,
      `host module g/registry.ts > Registry (function Registry) > instances (Map) > "one" > an instance of Player of world#1`,
    ],
    [
      "a function in a variable that a host's module does not export",
      `host.hide(onTick);`,
      `host module g/registry.ts > hidden > function onTick of world#1`,
    ],
    [
      "a function that a function of the host closes over",
      `host.wrap(onTick);`,
      `host module g/registry.ts > handlers (Map) > "wrapped" (function wrapper) > handler > function onTick of world#1`,
    ],
    [
      "a listener of a host's event target",
      `host.target.addEventListener("tick", onTick);`,
      `host module g/registry.ts > target > function onTick of world#1`,
    ],
    [
      "a function in a Map on globalThis",
      `(globalThis as any).leaked = new Map([["tick", onTick]]);`,
      `globalThis > leaked (Map) > "tick" > function onTick of world#1`,
    ],
    [
      "a bound function on globalThis",
      `(globalThis as any).leaked = onTick.bind(null);`,
      `globalThis > leaked > function onTick of world#1`,
    ],
    [
      "a listener on process",
      `process.on("hotswap-explain" as any, onTick);`,
      `process.on("hotswap-explain") > function onTick of world#1`,
    ],
    [
      "a function as the prototype's of a host's object",
      `(globalThis as any).leaked = Object.create({ onTick });`,
      `globalThis > leaked > onTick > function onTick of world#1`,
    ],
  ];

  test.each(cases)("%s", async (_, leak, path) => {
    try {
      expect(await pathOf(leak)).toBe(path);
    } finally {
      Reflect.deleteProperty(globalThis, "leaked");
      process.removeAllListeners("hotswap-explain");
    }
  });

  test("a timer that the host set outside of the plugin", async () => {
    await using host = await createHost({ world: world("host.hide(onTick);") }, {}, { "g/registry.ts": registry });
    await host.swapper.loadPlugins();
    const { seen, hide } = (await import(host.project.path("g/registry.ts"))) as {
      seen(): () => void;
      hide(value: unknown): void;
    };
    const timer = setTimeout(seen(), 1e9);
    hide(undefined);
    for (const version of [2, 3]) {
      await host.change("world", world("", version));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(path.join(" > ")).toBe("the engine's Timeout > callback > function onTick of world#1");
    clearTimeout(timer);
  });

  test("what another plugin keeps", async () => {
    const holding = (version: number): string => `
      import { definePlugin, dependency } from "hotswap";
      import { hide, seen } from "../../g/registry";
      const cached: unknown[] = [];
      export default definePlugin({ functions: { take() { cached.push(seen()); hide(undefined); }, version: () => ${version} } });`;
    await using host = await createHost(
      { world: world("host.hide(onTick);"), keeper: holding(1) },
      {},
      { "g/registry.ts": registry },
    );
    await host.swapper.loadPlugins();
    host.swapper.current?.findPlugin("keeper")?.invokeFunc("take");
    for (const version of [2, 3]) {
      await host.change("world", world("", version));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    const { path } = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(path.join(" > ")).toBe("plugin keeper#1 (live) > cached (Array) > [0] > function onTick of world#1");
  });
});

describe("6.4 explain when no path can be seen", () => {
  test("names the collections that may hold it", async () => {
    await using host = await leakingHost(`host.rooms.set("lobby", onTick);`);
    const explanation = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(explanation.path).toEqual([]);
    expect(explanation.suspects).toContain("host module g/registry.ts > rooms (Registry) > #byName (Map)");
    expect(explanation.suspects.filter((suspect) => suspect.includes("swapper"))).toEqual([]);
    expect(String(explanation)).toContain("an entry of host module g/registry.ts > rooms (Registry) > #byName (Map)");
  });

  test("a value of a WeakMap", async () => {
    await using host = await leakingHost(`host.lookUp(onTick);`);
    const explanation = await host.swapper.explain({ plugin: "world", number: 1 });
    expect(explanation).toMatchObject({ state: "freed", path: [] });
    expect(String(explanation)).toContain("(the engine itself refers to function onTick of world#1)");
    expect(String(explanation)).toContain("a value of a WeakMap");
  });
});

describe("6.4 explain of what is no leak", () => {
  test("a live generation, one under way, and one that is collected", async () => {
    await using host = await leakingHost("");
    const lease = host.swapper.acquire();
    await host.change("world", world("", 4));
    await host.swapper.reload();
    expect(String(await host.swapper.explain({ plugin: "world", number: 4 }))).toBe(
      "world#4 is live: it is part of the current set",
    );
    expect(String(await host.swapper.explain({ plugin: "World", number: 3 }))).toStartWith("world#3 is draining");
    expect(await host.swapper.explain({ plugin: "world", number: 1 })).toMatchObject({ state: "collected", path: [] });
    expect(String(await host.swapper.explain({ plugin: "world", number: 1 }))).toBe(
      "world#1 is not in memory any more",
    );
    lease.release();
  });

  test("one that there never was", async () => {
    await using host = await createHost({ world: journalPlugin("world") });
    await host.swapper.loadPlugins();
    await expect(host.swapper.explain({ plugin: "world", number: 2 })).rejects.toThrow(
      `there has never been a generation world#2: "world" has had 1`,
    );
    await expect(host.swapper.explain({ plugin: "wrold", number: 1 })).rejects.toThrow("was ever loaded");
  });
});

describe("6.4 the report of a leak", () => {
  test("once, with plugin, number and age, and how to ask for more; the leak is marked in the list", async () => {
    await using host = await createHost(
      { world: world(`host.handlers.set("tick", onTick);`) },
      { leakAfter: 1 },
      { "g/registry.ts": registry },
    );
    await host.swapper.loadPlugins();
    await host.change("world", world("", 2));
    await host.swapper.reload();
    const report = await host.logger.line(/something still refers to its code/);
    expect(report).toMatch(/^warn: world#1 was freed more than 1 ms ago \(age \d+\.\d s\)/);
    expect(report).toContain(`swapper.explain({ plugin: "world", number: 1 })`);
    expect(host.swapper.generations.find(({ number }) => number === 1)?.leaked).toBe(true);
    // What is freed later is examined later: if the first were reported again, it would be before this.
    await host.change("world", world(`host.handlers.set("tock", onTick);`, 3));
    await host.swapper.reload();
    await host.change("world", world("", 4));
    await host.swapper.reload();
    await host.logger.line(/world#3 was freed/);
    expect(host.logger.of("warn").filter((line) => line.startsWith("world#1"))).toHaveLength(1);
  });

  test("a generation that is collected is not reported, and leaves the list", async () => {
    await using host = await createHost({ world: journalPlugin("world") }, { leakAfter: 1 });
    await host.swapper.loadPlugins();
    for (let version = 2; version <= 5; version++) {
      await host.change("world", journalPlugin("world", [], version));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(host.swapper.generations).toHaveLength(1);
    expect(host.logger.of("warn")).toEqual([]);
  });
});
