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
    "sets that share a generation are freed in the order %s, and it with the last",
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
      for (const [count, index] of Array.from(order, Number).entries()) {
        const { promise: freed, resolve } = Promise.withResolvers<void>();
        host.wishes.set("alpha.onFree", resolve);
        leases[index]?.release();
        await freed;
        // The last comes first: beta, then alpha.
        expect(host.takeEvents()).toEqual(count < 2 ? ["alpha.onFree"] : ["beta.onFree", "alpha.onFree"]);
      }
      await swapper.drained();
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
      { hookTimeout: 10 },
    );
    host.wishes.set("a.onFree", () => {
      throw new Error("thrown");
    });
    host.wishes.set("b.onFree", () => Promise.reject(new Error("rejected")));
    host.wishes.set("c.onFree", () => new Promise(() => {}));
    await host.swapper.loadPlugins();
    await host.swapper.close();
    expect(host.logger.of("error")).toEqual([
      `freeing c#1: onFree() of "c" did not finish within 10 ms: await less in it, or raise hookTimeout`,
      `freeing b#1: onFree() of "b" failed: rejected`,
      `freeing a#1: onFree() of "a" failed: thrown`,
    ]);
    expect(host.swapper.generations.every(({ state }) => state === "freed")).toBe(true);
  });
});
