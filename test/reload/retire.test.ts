import { describe, expect, test } from "bun:test";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const waiting = (
  version: number,
): string => `import { definePlugin } from "hotswap"; import { log, wishes } from "../../journal";
  export default definePlugin({ onFree() { log("free ${version}"); }, functions: {
    version: () => ${version},
    async wait() { await wishes.get("gate"); return ${version}; },
    forever: () => new Promise(() => {}),
  } });`;

describe("6.1 retiring a set that was swapped out", () => {
  test("waits for calls under way; onFree is called once", async () => {
    await using host = await createHost({ alpha: waiting(1) });
    const gate = Promise.withResolvers<void>();
    host.wishes.set("gate", gate.promise);
    await host.swapper.loadPlugins();
    const call = host.swapper.current?.findPlugin("alpha")?.invokeFunc("wait");
    await host.change("alpha", waiting(2));
    await host.swapper.reload();
    expect(host.swapper.generations.map(({ number, state, calls }) => [number, state, calls])).toEqual([
      [1, "draining", 1],
      [2, "live", 0],
    ]);
    expect(host.takeEvents()).toEqual([]);
    gate.resolve();
    expect(await call).toBe(1);
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual(["free 1"]);
  });

  test("after drainTimeout it is retired anyway, and calls still under way reject with a clear error", async () => {
    await using host = await createHost({ alpha: waiting(1) }, { drainTimeout: 10 });
    await host.swapper.loadPlugins();
    const call = host.swapper.current?.findPlugin("alpha")?.invokeFunc("forever") as Promise<unknown>;
    await host.change("alpha", waiting(2));
    await host.swapper.reload();
    const error = await hotswapError(call);
    expect(error).toMatchObject({ code: "HOTSWAP_FREED", plugin: "alpha" });
    expect(error.message).toContain("alpha.forever()");
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual(["free 1"]);
  });

  test("a generation that several sets share is freed with the last of them", async () => {
    await using host = await createHost({ alpha: waiting(1), beta: journalPlugin("beta") });
    await host.swapper.loadPlugins();
    for (const version of [2, 3]) {
      await host.change("beta", journalPlugin("beta", [], version));
      await host.swapper.reload();
    }
    await host.swapper.drained();
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    expect(host.takeEvents()).not.toContain("free 1");
  });

  test.each(["012", "021", "102", "120", "201", "210"])(
    "sets that share a generation are freed in the order %s, and it with the last, which has its vault and outlasts it",
    async (order) => {
      await using host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta") });
      const { swapper } = host;
      await swapper.loadPlugins();
      // Each alpha is in one set; the first beta is in all three.
      const leases = [swapper.acquire()];
      for (const version of [2, 3]) {
        await host.change("alpha", journalPlugin("alpha", [], version));
        await swapper.reload();
        leases.push(swapper.acquire());
      }
      await host.change("alpha", journalPlugin("alpha", [], 4));
      await host.change("beta", journalPlugin("beta", [], 4));
      await swapper.reload();
      host.takeEvents();
      for (const index of order.slice(0, 2)) {
        const { promise: freed, resolve } = Promise.withResolvers<void>();
        host.wishes.set("alpha.onFree", resolve);
        leases[Number(index)]?.release();
        if (index === "2") await new Promise((turn) => setTimeout(turn, 20));
        else await freed;
        expect(host.takeEvents()).toEqual(index === "2" ? [] : ["alpha.onFree"]);
      }
      leases[Number(order[2])]?.release();
      await swapper.drained();
      // In a set the last comes first: beta, then alpha.
      const last = order.endsWith("2") ? [] : ["alpha.onFree"];
      expect(host.takeEvents()).toEqual([...last, "beta.onFree", "alpha.onFree"]);
      expect(swapper.current?.findPlugin("beta")?.invokeFunc("version")).toBe(4);
    },
  );

  test("freeDelay keeps a set that nobody uses for that time", async () => {
    await using host = await createHost({ alpha: waiting(1) }, { freeDelay: 3_600_000 });
    await host.swapper.loadPlugins();
    const old = host.swapper.current;
    await host.change("alpha", waiting(2));
    await host.swapper.reload();
    expect(old?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    await host.swapper.close();
    expect(host.takeEvents()).toEqual(["free 2", "free 1"]);
  });

  test("an onFree that throws, rejects or hangs is logged and frees all the same", async () => {
    await using host = await createHost(
      { a: journalPlugin("a"), b: journalPlugin("b"), c: journalPlugin("c") },
      { hookTimeout: 500 },
    );
    host.wishes.set("a.onFree", () => {
      throw new Error("thrown");
    });
    host.wishes.set("b.onFree", () => Promise.reject(new Error("rejected")));
    host.wishes.set("c.onFree", () => new Promise(() => {}));
    await host.swapper.loadPlugins();
    await host.swapper.close();
    expect(host.logger.of("error")).toEqual([
      `freeing c#1: onFree() of "c" did not finish within 500 ms: await less in it, or raise hookTimeout`,
      `freeing b#1: onFree() of "b" failed: rejected`,
      `freeing a#1: onFree() of "a" failed: thrown`,
    ]);
    expect(host.swapper.generations.every(({ state }) => state === "freed")).toBe(true);
  });
});

describe("3.16 a generation has its vault until it is freed", () => {
  /** Writes to the data bag and calls a live function when it is freed, and whenever the test wishes. */
  const holding = (version: number): string => `
import { definePlugin } from "hotswap";
import { log, wishes } from "../../journal";
let vault: any;
const use = (): string => vault.dataBag.update("uses", (n: number) => n + 1, 0) + " " + vault.liveFuncs.get("live_other")();
export default definePlugin({
  onInit(given) { vault = given; wishes.set("use ${version}", use); },
  onFree() { log("freed ${version}: " + use()); },
});`;
  const other = (version: number): string =>
    `import { definePlugin } from "hotswap"; export const live_other = () => "other ${version}"; export default definePlugin({});`;

  test("when the host closes before the sets are freed that it was part of, too", async () => {
    await using host = await createHost({ user: holding(1), other: other(1) }, { freeDelay: 60_000 });
    await host.swapper.loadPlugins();
    for (const version of [2, 3]) {
      await host.change("other", other(version));
      await host.swapper.reload();
    }
    await host.swapper.close();
    expect(host.takeEvents()).toEqual(["freed 1: 1 other 3"]);
    expect(host.logger.of("error")).toEqual([]);
  });

  test("when a lease on an older set keeps it longer than the last set that it was part of", async () => {
    await using host = await createHost({ user: holding(1), other: other(1) });
    await host.swapper.loadPlugins();
    const use = (): unknown => (host.wishes.get("use 1") as () => unknown)();
    const lease = host.swapper.acquire();
    await host.change("other", other(2));
    await host.swapper.reload();
    await host.change("user", holding(2));
    await host.change("other", other(3));
    await host.swapper.reload();
    // Nothing uses the set that the generation was part of last.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
    expect(use()).toBe("1 other 2");
    lease.release();
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual(["freed 1: 2 other 2"]);
    expect(host.logger.of("error")).toEqual([]);
  });

  test("but for the live functions of what is freed already, which say so", async () => {
    const caller = `import { definePlugin } from "hotswap"; import { log } from "../../journal"; let vault: any;
      export default definePlugin({ onInit(given) { vault = given; },
        onFree() { try { vault.liveFuncs.get("live_other")(); } catch (error) { log((error as any).code); } } });`;
    await using host = await createHost({ caller, other: other(1) });
    await host.swapper.loadPlugins();
    await host.swapper.close();
    expect(host.takeEvents()).toEqual(["HOTSWAP_FREED"]);
  });
});
