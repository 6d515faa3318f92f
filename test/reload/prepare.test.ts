import { describe, expect, test } from "bun:test";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const loaded = async (options = {}) => {
  const host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) }, options);
  await host.swapper.loadPlugins();
  await host.change("alpha", journalPlugin("alpha", [], 2));
  host.takeEvents();
  return host;
};

const versionOf = (host: Awaited<ReturnType<typeof loaded>>): unknown =>
  host.swapper.current?.findPlugin("alpha")?.invokeFunc("version");

describe("3.17 prepare", () => {
  test("does everything up to the swap; commit swaps", async () => {
    await using host = await loaded();
    const prepared = await host.swapper.prepare();
    expect(String(prepared.details)).toBe("alpha: ok, beta: relinked");
    expect(host.takeEvents()).toContain("beta.onInit");
    expect([versionOf(host), host.swapper.reloadCounter]).toEqual([1, 0]);
    expect(await prepared.commit()).toBe(prepared.details);
    expect([versionOf(host), host.swapper.reloadCounter]).toEqual([2, 1]);
    expect(host.swapper.reloads.at(-1)).toMatchObject({ kind: "reload", ok: true });
    await prepared.abort();
    expect(versionOf(host)).toBe(2);
  });

  test("abort frees what was prepared, in reverse order, and the old set goes on", async () => {
    await using host = await loaded();
    const prepared = await host.swapper.prepare();
    host.takeEvents();
    await prepared.abort();
    expect(host.takeEvents()).toEqual(["beta.onFree", "alpha.onFree"]);
    expect([versionOf(host), host.swapper.reloadCounter]).toEqual([1, 0]);
    expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_PREPARED_EXPIRED" });
    expect(host.swapper.reloads.at(-1)).toMatchObject({ ok: false, error: { code: "HOTSWAP_PREPARED_EXPIRED" } });
    expect(String(await host.swapper.reload())).toBe("alpha: ok, beta: relinked");
  });

  test("the end of its block aborts what was not committed", async () => {
    await using host = await loaded();
    {
      await using prepared = await host.swapper.prepare();
      expect(prepared.details.size).toBe(2);
    }
    expect(versionOf(host)).toBe(1);
  });

  test("rejects as a reload does when a phase fails", async () => {
    await using host = await loaded();
    host.wishes.set("alpha.onInit", () => Promise.reject(new Error("no")));
    expect(await hotswapError(host.swapper.prepare())).toMatchObject({ plugin: "alpha", phase: "onInit" });
    host.wishes.clear();
    expect(String(await (await host.swapper.prepare()).commit())).toBe("alpha: ok, beta: relinked");
  });

  test("other reloads wait until it is over", async () => {
    await using host = await loaded();
    const order: string[] = [];
    const prepared = await host.swapper.prepare();
    const reload = host.swapper.reload().then((details) => order.push(String(details)));
    const plan = host.swapper.plan().then((found) => order.push(String(found)));
    await new Promise(setImmediate);
    order.push("commit");
    await prepared.commit();
    await Promise.all([reload, plan]);
    expect(order).toEqual(["commit", "alpha: unchanged, beta: unchanged", "alpha: unchanged, beta: unchanged"]);
  });

  test("what is held longer than holdTimeout is aborted", async () => {
    await using host = await loaded({ holdTimeout: 5 });
    const prepared = await host.swapper.prepare();
    await host.swapper.plan(); // waits for the end of what is held
    expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_PREPARED_EXPIRED" });
    expect(host.takeEvents()).toContain("alpha.onFree");
    expect(versionOf(host)).toBe(1);
    expect(host.logger.of("warn").join()).toContain("holdTimeout (5 ms)");
  });

  test("close() aborts it", async () => {
    await using host = await loaded();
    const prepared = await host.swapper.prepare();
    await host.swapper.close();
    expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_CLOSED" });
    expect(host.swapper.generations.every(({ state }) => state === "freed")).toBe(true);
  });

  test("what the live set writes meanwhile is kept, and a conflict refuses the commit with its phase", async () => {
    await using host = await loaded();
    const before = await host.swapper.prepare();
    host.swapper.current?.vault.dataBag.set("seen", 1);
    await before.commit();
    expect(host.swapper.current?.vault.dataBag.get("seen")).toBe(1);
    await host.change("alpha", journalPlugin("alpha", [], 3));
    const prepared = await host.swapper.prepare(undefined, ({ vault }) => vault.dataBag.set("key", "new"));
    host.swapper.current?.vault.dataBag.set("key", "old");
    expect(await hotswapError(prepared.commit())).toMatchObject({ code: "HOTSWAP_MIGRATION_FAILED", phase: "vault" });
    expect([versionOf(host), host.swapper.current?.vault.dataBag.get("key")]).toEqual([2, "old"]);
  });

  test("it may be the first load", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const prepared = await host.swapper.prepare();
    expect(host.swapper.current).toBeUndefined();
    await prepared.commit();
    expect(versionOf(host)).toBe(1);
    expect(host.swapper.reloadCounter).toBe(0);
  });
});
