import { describe, expect, test } from "bun:test";
import type { Vault } from "hotswap";
import { uncollected } from "../support/collect.ts";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const live = (name: string, code: string): string =>
  `import { definePlugin } from "hotswap"; ${code} export default definePlugin({}); // ${name}`;

/** A plugin that writes to the data bag in onInit, waits for the test, and then may fail. */
const writing = (
  version: number,
): string => `import { definePlugin } from "hotswap"; import { wishes } from "../../journal";
  export default definePlugin({
    async onInit(vault) {
      vault.dataBag.set("version", ${version});
      vault.dataBag.set("list", [${version}, vault.dataBag.get("list")]);
      await (wishes.get("during") as any)?.(vault);
    },
  });`;

describe("7.1 live functions and live types", () => {
  test("are those of the current set, rebuilt for each set", async () => {
    await using host = await createHost({
      alpha: live("alpha", "export function live_hum() { return 1; } export class Live_Player { hp = 1; }"),
    });
    await host.swapper.loadPlugins();
    const first = host.swapper.current?.vault;
    expect(first?.liveFuncs.get("live_hum")?.()).toBe(1);
    const Player = first?.liveTypes.get("Live_Player");
    expect(Player && new Player()).toEqual({ hp: 1 } as never);
    await host.change(
      "alpha",
      live("alpha", "export function live_hum() { return 2; } export function live_more() {}"),
    );
    await host.swapper.reload();
    const second = host.swapper.current?.vault;
    expect(second?.liveFuncs.get("live_hum")?.()).toBe(2);
    expect([...(second?.liveFuncs.keys() ?? [])].toSorted()).toEqual(["live_hum", "live_more"]);
    expect(second?.liveTypes.size).toBe(0);
  });

  test.each([
    ["HOTSWAP_DUPLICATE_LIVE_FUNC", "export function live_same() {}", "live_same"],
    ["HOTSWAP_DUPLICATE_LIVE_TYPE", "export class Live_Same {}", "Live_Same"],
  ])("two plugins with one name: %s", async (code, source, name) => {
    await using host = await createHost({ alpha: live("alpha", source), beta: live("beta", source) });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code, phase: "vault" });
    expect(error.message).toContain(`"${name}": alpha and beta`);
  });
});

describe("7.1 a set that was retired", () => {
  const source = (version: number): string => `import { definePlugin } from "hotswap";
    export const live_version = () => ${version}; export class Live_Thing { version = ${version}; }
    export default definePlugin({});`;

  test("lets go of its live functions and types, whoever holds the set or what was in it", async () => {
    await using host = await createHost({ alpha: source(1), beta: live("beta", "export const live_beta = () => 1;") });
    await host.swapper.loadPlugins();
    const old = host.swapper.current;
    const vault = old?.vault;
    const call = vault?.liveFuncs.get("live_version") as (() => number) | undefined;
    const callKept = vault?.liveFuncs.get("live_beta") as (() => number) | undefined;
    const { liveFuncs, liveTypes } = vault ?? {};
    expect([call?.(), callKept?.(), liveFuncs?.size, liveTypes?.size]).toEqual([1, 1, 2, 1]);
    await host.change("alpha", source(2));
    await host.swapper.reload();
    await host.swapper.drained();
    expect([liveFuncs?.size, liveTypes?.size, vault?.liveFuncs.get("live_version")]).toEqual([0, 0, undefined]);
    expect(call).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED", plugin: "alpha" }));
    // Of the plugin that stays, too: it is the old set's way to it that is shut.
    expect(callKept).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED", plugin: "beta" }));
    expect(() => vault?.enterLiveType("Live_Thing", () => 1)).toThrow(
      expect.objectContaining({ code: "HOTSWAP_FREED" }),
    );
    expect(await uncollected(host.swapper)).toEqual([]);
    expect(old?.vault).toBe(vault as never);
  });

  test("and of those of a reload that was refused", async () => {
    await using host = await createHost({ alpha: source(1) });
    await host.swapper.loadPlugins();
    await host.change("alpha", source(2));
    let refused: Vault | undefined;
    const callback = ({ vault }: { readonly vault: Vault }): void => {
      refused = vault;
      throw new Error("no");
    };
    await hotswapError(host.swapper.reload(undefined, callback));
    expect([refused?.liveFuncs.size, refused?.liveTypes.size]).toEqual([0, 0]);
    expect(await uncollected(host.swapper)).toEqual([]);
  });
});

describe("7.2 extension", () => {
  test("is made by newExtension for each set", async () => {
    let made = 0;
    await using host = await createHost(
      { alpha: journalPlugin("alpha") },
      { newExtension: () => ({ number: ++made }) },
    );
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.vault.extension).toEqual({ number: 1 });
    await host.swapper.reload();
    expect(host.swapper.current?.vault.extension).toEqual({ number: 2 });
  });

  test("a factory that throws fails the reload", async () => {
    await using host = await createHost(
      { alpha: journalPlugin("alpha") },
      {
        newExtension() {
          throw new Error("no room");
        },
      },
    );
    expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({
      code: "HOTSWAP_CALLBACK_FAILED",
      phase: "vault",
    });
  });
});

describe("7.3 the data bag's transaction with a reload", () => {
  test("what onInit and callbacks write becomes visible at the swap", async () => {
    await using host = await createHost({ alpha: writing(1) });
    await host.swapper.loadPlugins();
    const before = host.swapper.current?.vault.dataBag;
    await host.change("alpha", writing(2));
    await host.swapper.reload(undefined, (manager) => {
      manager.vault.dataBag.set("callback", true);
      expect(manager.vault.dataBag.get("version")).toBe(2);
      expect(before?.get("version")).toBe(1);
      expect(before?.has("callback")).toBe(false);
    });
    const after = host.swapper.current?.vault.dataBag;
    expect([after?.get("version"), after?.get("list"), after?.get("callback")]).toEqual([2, [2, [1, undefined]], true]);
  });

  test("and vanishes if the reload fails", async () => {
    await using host = await createHost({ alpha: writing(1) });
    await host.swapper.loadPlugins();
    const before = host.swapper.current?.vault.dataBag.snapshot();
    await host.change("alpha", writing(2));
    host.wishes.set("during", () => Promise.reject(new Error("no")));
    await hotswapError(host.swapper.reload());
    host.wishes.clear();
    await hotswapError(host.swapper.reload(undefined, () => Promise.reject(new Error("no"))));
    expect(host.swapper.current?.vault.dataBag.snapshot()).toEqual(before);
  });

  test("a key that both the old set and the new one wrote is a conflict that fails the reload", async () => {
    await using host = await createHost({ alpha: writing(1) });
    await host.swapper.loadPlugins();
    const bag = host.swapper.current?.vault.dataBag;
    await host.change("alpha", writing(2));
    host.wishes.set("during", () => bag?.set("version", "written by the old set"));
    const error = await hotswapError(host.swapper.reload());
    expect(error.message).toContain(`"version"`);
    expect(error.phase).toBe("vault");
    expect(bag?.get("version")).toBe("written by the old set");
    expect(bag?.get("list")).toEqual([1, undefined]);
    host.wishes.clear();
    expect(String(await host.swapper.reload())).toBe("alpha: ok");
  });

  test("a write of the old set in the very turn of the swap is not lost either", async () => {
    await using host = await createHost({ alpha: writing(1) });
    await host.swapper.loadPlugins();
    const bag = host.swapper.current?.vault.dataBag;
    await host.change("alpha", writing(2));
    let isOver = false;
    const outcome = host.swapper.reload(undefined, () => {
      // After the last callback: what the old set writes from here on races with the swap itself.
      const write = (turns: number): void => {
        if (isOver || host.swapper.reloadCounter > 0) return;
        bag?.set("version", "late");
        if (turns > 0) queueMicrotask(() => write(turns - 1));
      };
      queueMicrotask(() => write(200));
    });
    const error = await hotswapError(outcome);
    isOver = true;
    expect(error.message).toContain(`"version"`);
    expect(host.swapper.generations.filter(({ state }) => state === "live")).toHaveLength(1);
    expect(bag?.get("version")).toBe("late");
  });
});

describe("7.5 plan rehearses migrations", () => {
  const typed = (
    body: string,
  ): string => `import { definePlugin } from "hotswap"; export class Live_Player { ${body} hp = 1; }
    export default definePlugin({ functions: { make: () => new Live_Player() } });`;

  test("of live types, with the code of new artifacts, and changes nothing", async () => {
    await using host = await createHost({ alpha: typed("") });
    await host.swapper.loadPlugins();
    const bag = host.swapper.current?.vault.dataBag;
    bag?.set("player", host.swapper.current?.findPlugin("alpha")?.invokeFunc("make"));
    await host.change("alpha", typed("static version = 2;"));
    const failing = await host.swapper.plan({ rehearse: true });
    expect(String(failing)).toBe("alpha: ok");
    expect(failing.migrations).toMatchObject([{ key: "player", error: { code: "HOTSWAP_MIGRATION_FAILED" } }]);
    await host.change(
      "alpha",
      typed("static version = 2; static migrations = { 1: (old: any) => ({ hp: old.hp + 1 }) };"),
    );
    expect((await host.swapper.plan({ rehearse: true })).migrations).toEqual([{ key: "player", error: undefined }]);
    expect(bag?.get("player")).toEqual({ hp: 1 });
    expect((await host.swapper.plan()).migrations).toBeUndefined();
    await host.swapper.reload();
    expect(host.swapper.current?.vault.dataBag.get("player")).toEqual({ hp: 2 });
  });
});

test("3.13 a plan that rehearses uses up no generation numbers", async () => {
  const source = (version: number): string =>
    `import { definePlugin } from "hotswap"; export default definePlugin({ functions: { version: () => ${version} } });`;
  await using host = await createHost({ alpha: source(1) });
  await host.swapper.loadPlugins();
  await host.change("alpha", source(2));
  await host.change("beta", source(1));
  for (let count = 0; count < 3; count++) await host.swapper.plan({ rehearse: true });
  expect(await uncollected(host.swapper)).toEqual([]);
  expect((await host.swapper.explain({ plugin: "beta", number: 0 })).state).toBe("collected");
  await host.swapper.reload();
  const numbers = ["alpha", "beta"].map((name) => host.swapper.current?.findPlugin(name)?.generation);
  expect(numbers).toEqual([2, 1]);
});

test("8.3 an instance of a live type can be wrapped as early as onLoad, before there is a vault", async () => {
  const source = `import { definePlugin, wrap } from "hotswap"; import { log } from "../../journal"; export class Live_Player { hp = 7; }
    export default definePlugin({ onLoad() { log(JSON.stringify(wrap(new Live_Player()).unwrap())); } });`;
  await using host = await createHost({ alpha: source });
  await host.swapper.loadPlugins();
  expect(host.takeEvents()).toEqual([`{"hp":7}`]);
});
