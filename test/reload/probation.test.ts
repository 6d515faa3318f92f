import { describe, expect, test } from "bun:test";
import { createHost, journalPlugin } from "../support/host.ts";

/** A plugin whose call fails when it is bad. */
const plugin = (version: number, isBad = false): string => `
import { definePlugin } from "hotswap";
export default definePlugin({
  functions: {
    version() {
      if (${isBad}) throw new Error("bad");
      return ${version};
    },
    tick: () => void setTimeout(() => { if (${isBad}) throw new Error("bad tick"); }),
  },
});
`;

async function loaded(projectOptions = {}) {
  const plugins = { alpha: plugin(1), beta: journalPlugin("beta") };
  const host = await createHost(plugins, {}, {}, projectOptions);
  await host.swapper.loadPlugins();
  const call = (name = "version"): unknown => host.swapper.current?.findPlugin("alpha")?.invokeFunc(name);
  return { host, call };
}

/** Longer than any test takes. */
const watch = 60_000;

describe("3.18 probation", () => {
  test("goes back when calls of the new generations fail more often than maxErrors", async () => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2, true));
    const details = await host.swapper.reload(undefined, { probation: { watch, maxErrors: 1 } });
    expect(String(details)).toBe("alpha: ok, beta: unchanged");
    expect(() => call()).toThrow("bad");
    expect(host.swapper.probation).toMatchObject({ state: "running", errors: 1 });
    expect(() => call()).toThrow("bad");
    expect(await details.probation).toMatchObject({
      state: "went back",
      errors: 2,
      reason: expect.stringContaining("2 errors"),
    });
    expect(call()).toBe(1);
    expect(host.swapper.reloads.at(-1)).toMatchObject({ kind: "rollback", ok: true });
  });

  test("goes back for an error of background work", async () => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2, true));
    const details = await host.swapper.reload(undefined, { probation: { watch } });
    call("tick");
    expect(await details.probation).toMatchObject({ state: "went back", errors: 1 });
    expect(call()).toBe(1);
  });

  test.each([
    ["returns false", () => false, "returned false"],
    ["throws", () => { throw new Error("down"); }, "down"], // prettier-ignore
    ["rejects", () => Promise.reject(new Error("database")), "database"],
  ])("goes back when healthy %s", async (_name, healthy, reason) => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2));
    const details = await host.swapper.reload(undefined, { probation: { watch: 20, healthy } });
    expect(await details.probation).toMatchObject({ state: "went back", reason: expect.stringContaining(reason) });
    expect(call()).toBe(1);
  });

  test("a set that behaves passes", async () => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2));
    const details = await host.swapper.reload(undefined, { probation: { watch: 20, healthy: () => true } });
    expect(await details.probation).toMatchObject({ state: "passed", errors: 0 });
    expect(call()).toBe(2);
  });

  test("errors of plugins that stayed do not count", async () => {
    const { host } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2, true));
    await host.swapper.reload();
    await host.change("beta", journalPlugin("beta", [], 2));
    const details = await host.swapper.reload(undefined, { probation: { watch: 50 } });
    expect(() => host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toThrow("bad");
    expect(await details.probation).toMatchObject({ state: "passed" });
  });

  test("a reload that changed nothing is not gone back from, and close() ends a probation", async () => {
    const { host, call } = await loaded();
    await host.change("alpha", plugin(2));
    await host.swapper.reload();
    const nothing = await host.swapper.reload(undefined, { probation: { watch, healthy: () => false } });
    expect(await nothing.probation).toMatchObject({ state: "passed" });
    expect(call()).toBe(2);
    await host.change("alpha", plugin(3));
    const details = await host.swapper.reload(undefined, { probation: { watch } });
    await host[Symbol.asyncDispose]();
    expect(await details.probation).toMatchObject({ state: "ended" });
  });

  test("another reload ends it; a refused one does not", async () => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2));
    const details = await host.swapper.reload(undefined, { probation: { watch } });
    await expect(host.swapper.reload(undefined, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(host.swapper.probation).toMatchObject({ state: "running" });
    await host.change("alpha", plugin(3));
    await host.swapper.reload();
    expect(await details.probation).toMatchObject({ state: "ended" });
    expect(call()).toBe(3);
  });

  test("rollback() meanwhile is the same as going back", async () => {
    const { host, call } = await loaded();
    await using _ = host;
    await host.change("alpha", plugin(2));
    const details = await host.swapper.reload(undefined, { probation: { watch } });
    await host.swapper.rollback();
    expect(await details.probation).toMatchObject({ state: "went back" });
    expect(call()).toBe(1);
  });

  test("data that was migrated needs a way back, or the set stays and says so", async () => {
    const migrating = (version: number, downgrades: string): string => `
import { definePlugin } from "hotswap";
export default definePlugin({
  onInit({ dataBag }) {
    dataBag.declare("score", { version: ${version}, migrations: { 1: (n) => ({ n }) }, downgrades: ${downgrades} });
    dataBag.update("score", (score) => score, 1 as never);
  },
  functions: { fail: () => { throw new Error("bad"); } },
});`;
    for (const [downgrades, state] of [
      ["{}", "stuck"],
      ["{ 2: ({ n }: any) => n }", "went back"],
    ] as const) {
      await using host = await createHost({ alpha: migrating(1, "{}") });
      await host.swapper.loadPlugins();
      await host.change("alpha", migrating(2, downgrades));
      const details = await host.swapper.reload(undefined, { probation: { watch } });
      expect(() => host.swapper.current?.findPlugin("alpha")?.invokeFunc("fail")).toThrow("bad");
      expect(await details.probation).toMatchObject({ state });
      expect(host.swapper.current?.vault.dataBag.get("score")).toEqual(state === "stuck" ? { n: 1 } : 1);
    }
  });

  test("what makes no sense is refused before anything is loaded", async () => {
    const { host } = await loaded();
    await using _ = host;
    for (const probation of [{ watch: 0 }, { watch: Number.NaN }, { watch, maxErrors: -1 }]) {
      await expect(host.swapper.reload(undefined, { probation })).rejects.toThrow(RangeError);
    }
  });
});
