import { afterEach, describe, expect, test } from "bun:test";
import type { PluginManager, SwapperOptions } from "hotswap";
import { createHost, type Host, hotswapError } from "../support/host.ts";
import { uncollected } from "../support/collect.ts";

/** `base` counts its own calls; `top` answers its version and what `base` of its set answers, also after a wait. */
const base = (version: number): string => `
import { definePlugin } from "hotswap";
let calls = 0;
export default definePlugin({ export: () => ({ mark: () => "base " + ${version} + "/" + ++calls }), functions: { version: () => ${version} } });`;

const top = (version: number): string => `
import { definePlugin, dependency } from "hotswap";
import { wishes } from "../../journal";
const deps = { base: dependency<{ mark(): string }>("mark") };
export const marks = () => ["top " + ${version}, deps.base.mark()];
export const live_marks = marks;
export default definePlugin({
  import: () => deps,
  functions: { marks, async slow(gate: string) { const before = marks(); await wishes.get(gate); return [...before, ...marks()]; } },
});`;

async function pinningHost(options: SwapperOptions<undefined> = {}): Promise<Host> {
  const host = await createHost({ base: base(1), top: top(1) }, options);
  await host.swapper.loadPlugins();
  return host;
}

async function reloadTo(host: Host, version: number): Promise<void> {
  await host.project.write({ "plugin/base/index.ts": base(version), "plugin/top/index.ts": top(version) });
  await host.project.buildAll("base", "top");
  await host.swapper.reload();
}

const marksOf = (manager: PluginManager): unknown => manager.findPlugin("top")?.invokeFunc("marks");

describe("5.4 a lease pins a set", () => {
  test("across any number of reloads it answers from its own set, dependencies included", async () => {
    await using host = await pinningHost();
    const lease = host.swapper.acquire();
    const looked = lease.manager.findPlugin("top")?.lookup<() => string[]>("marks");
    const live = lease.manager.vault.liveFuncs.get("live_marks");
    for (let version = 2; version <= 8; version++) {
      await reloadTo(host, version);
      expect(marksOf(lease.manager)).toEqual(["top 1", `base 1/${3 * version - 5}`]);
      expect(looked?.()).toEqual(["top 1", `base 1/${3 * version - 4}`]);
      expect(live?.()).toEqual(["top 1", `base 1/${3 * version - 3}`]);
    }
    expect(host.swapper.current && marksOf(host.swapper.current)).toEqual(["top 8", "base 8/1"]);
    lease.release();
    await host.swapper.drained();
    expect(() => marksOf(lease.manager)).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
    expect(() => looked?.()).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
    expect(() => live?.()).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  });

  test("several leases on several sets are independent", async () => {
    await using host = await pinningHost();
    const leases = [host.swapper.acquire()];
    for (let version = 2; version <= 4; version++) {
      await reloadTo(host, version);
      leases.push(host.swapper.acquire());
    }
    for (const [index, lease] of leases.entries()) {
      expect(marksOf(lease.manager)).toEqual([`top ${index + 1}`, `base ${index + 1}/1`]);
    }
    // The one in the middle: the others are not touched by its end.
    leases[1]?.release();
    for (const [index, lease] of leases.entries()) {
      if (index === 1) continue;
      expect(marksOf(lease.manager)).toEqual([`top ${index + 1}`, `base ${index + 1}/2`]);
    }
    for (const lease of leases) lease.release();
    await host.swapper.drained();
  });

  test("two leases on one set: it is freed with the last, and releasing one twice counts once", async () => {
    await using host = await pinningHost();
    const first = host.swapper.acquire();
    const second = host.swapper.acquire();
    await reloadTo(host, 2);
    first.release();
    first.release();
    expect(marksOf(second.manager)).toEqual(["top 1", "base 1/1"]);
    second.release();
    await host.swapper.drained();
    expect(() => marksOf(second.manager)).toThrow("freed");
  });

  test("`using` ends it with the block", async () => {
    await using host = await pinningHost();
    let manager: PluginManager;
    {
      using lease = host.swapper.acquire();
      ({ manager } = lease);
      await reloadTo(host, 2);
      expect(marksOf(manager)).toEqual(["top 1", "base 1/1"]);
    }
    await host.swapper.drained();
    expect(() => marksOf(manager)).toThrow("freed");
  });
});

describe("5.4 a call runs to its end in the set that it began in", () => {
  test("many calls, each begun in another set, end in any order", async () => {
    await using host = await pinningHost();
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<void>());
    const calls: Promise<unknown>[] = [];
    for (const [index, gate] of gates.entries()) {
      if (index > 0) await reloadTo(host, index + 1);
      host.wishes.set(`gate ${index}`, gate.promise);
      calls.push(Promise.resolve(host.swapper.current?.findPlugin("top")?.invokeFunc("slow", `gate ${index}`)));
    }
    for (const index of [3, 0, 5, 1, 4, 2]) {
      gates[index]?.resolve();
      const version = index + 1;
      expect(await calls[index]).toEqual([
        `top ${version}`,
        `base ${version}/1`,
        `top ${version}`,
        `base ${version}/2`,
      ]);
    }
    await host.swapper.drained();
    expect(await uncollected(host.swapper)).toEqual([]);
  });

  test("what is under way can be seen: state and calls of each generation", async () => {
    await using host = await pinningHost();
    const gate = Promise.withResolvers<void>();
    host.wishes.set("gate", gate.promise);
    const call = host.swapper.current?.findPlugin("top")?.invokeFunc("slow", "gate");
    await reloadTo(host, 2);
    const seen = host.swapper.generations.map(({ plugin, number, state, calls }) => [plugin, number, state, calls]);
    expect(seen.toSorted()).toEqual([
      ["base", 1, "draining", 0],
      ["base", 2, "live", 0],
      ["top", 1, "draining", 1],
      ["top", 2, "live", 0],
    ]);
    gate.resolve();
    await call;
  });
});

describe("a forgotten lease is found", () => {
  /** A function with a name of its own, to be found in the stack. */
  function forgetfulCode(host: Host): PluginManager {
    return host.swapper.acquire().manager;
  }

  test("when it is collected without being released, with the stack of its acquire", async () => {
    await using host = await pinningHost({ debug: true });
    forgetfulCode(host);
    let warning: string | undefined;
    for (let turn = 0; turn < 100 && warning === undefined; turn++) {
      Bun.gc(true);
      await Bun.sleep(1);
      [warning] = host.logger.of("warn");
    }
    expect(warning).toStartWith("a lease was lost without being released");
    expect(warning).toMatch(/It was acquired\n +at forgetfulCode \(.*pinning\.test\.ts:\d+:\d+\)/);
  });

  test("a lease that was released is not reported", async () => {
    await using host = await pinningHost({ debug: true });
    for (let count = 0; count < 20; count++) host.swapper.acquire().release();
    for (let turn = 0; turn < 10; turn++) {
      Bun.gc(true);
      await Bun.sleep(1);
    }
    expect(host.logger.of("warn")).toEqual([]);
  });

  test("after drainTimeout, with the calls under way and the stack", async () => {
    await using host = await pinningHost({ debug: true, drainTimeout: 5 });
    const lease = host.swapper.acquire();
    host.wishes.set("gate", new Promise(() => {}));
    const slow = [1, 2].map(() => host.swapper.current?.findPlugin("top")?.invokeFunc("slow", "gate"));
    await reloadTo(host, 2);
    await host.swapper.drained();
    const [warning] = host.logger.of("warn");
    expect(warning).toStartWith(
      "a set that was swapped out is retired after drainTimeout (5 ms) although it is in use",
    );
    expect(warning).toContain("(calls under way: top.slow() (2 times); leases: 1)");
    expect(warning).toMatch(/It was acquired\n +at .*pinning\.test\.ts/);
    for (const call of slow) expect(await hotswapError(Promise.resolve(call))).toMatchObject({ code: "HOTSWAP_FREED" });
    expect(() => marksOf(lease.manager)).toThrow("freed");
    lease.release();
  });

  test("without debug logging no stack is taken, and the message says how to get one", async () => {
    await using host = await pinningHost({ drainTimeout: 5 });
    using lease = host.swapper.acquire();
    await reloadTo(host, 2);
    await host.swapper.drained();
    expect(host.logger.of("warn")[0]).toEndWith(
      "(leases: 1). It was acquired while debug logging was off: switch it on to see where",
    );
    expect(lease.manager.plugins).toHaveLength(2);
  });

  describe("debug logging is on when the logger says so", () => {
    const level = Symbol("level");
    const levels = [
      [4, true],
      [3, false],
      ["debug", true],
      ["trace", true],
      ["silly", true],
      ["info", false],
      [level, false],
    ] as const;
    const hosts: Host[] = [];
    afterEach(async () => {
      for (const host of hosts.splice(0)) await host[Symbol.asyncDispose]();
    });

    test.each(levels)("level %p: %p", async (value, on) => {
      const host = await pinningHost({ drainTimeout: 5 });
      hosts.push(host);
      if (value !== level) Object.assign(host.logger, { level: value });
      using _ = host.swapper.acquire();
      await reloadTo(host, 2);
      await host.swapper.drained();
      expect(host.logger.of("warn")[0]?.includes("pinning.test.ts")).toBe(on);
    });
  });
});
