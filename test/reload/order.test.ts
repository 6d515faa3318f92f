import { describe, expect, test } from "bun:test";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

/**
 * A diamond of eight: a and b stand alone, c and d use both, e uses c and d, f uses e and a, g uses f, and h uses g and b.
 * In order of depth, then name.
 */
const graph: Readonly<Record<string, readonly string[]>> = {
  a: [],
  b: [],
  c: ["a", "b"],
  d: ["a", "b"],
  e: ["c", "d"],
  f: ["e", "a"],
  g: ["f"],
  h: ["g", "b"],
};
const names = Object.keys(graph);

async function diamond(): Promise<Host> {
  const sources = Object.entries(graph).map(([name, deps]) => [name, journalPlugin(name, deps)]);
  return createHost(Object.fromEntries(sources));
}

function each(hook: string, plugins: readonly string[] = names): string[] {
  return plugins.map((name) => `${name}.${hook}`);
}

/** Everything that happens to new generations of these plugins, up to the swap. */
function preparation(plugins: readonly string[]): string[] {
  return ["evaluate", "reloadable", "export", "import", "onLoad", "onInit"].flatMap((hook) => each(hook, plugins));
}

describe("3.1 order over the whole set", () => {
  test("on load: reloadable, export and import in name order, then onLoad and onInit in dependency order", async () => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    expect(host.takeEvents()).toEqual(preparation(names));
    expect(host.swapper.current?.plugins.map(({ name }) => name)).toEqual(names);
  });

  test("on a reload of the leaf nobody depends on, only that leaf is called", async () => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    host.takeEvents();
    await host.change("h", journalPlugin("h", graph["h"], 2));
    expect(String(await host.swapper.reload())).toBe(
      "a: unchanged, b: unchanged, c: unchanged, d: unchanged, e: unchanged, f: unchanged, g: unchanged, h: ok",
    );
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual([...preparation(["h"]), "h.onFree"]);
  });

  test("on a reload of a plugin in the middle, its dependents follow, and the old ones are freed in reverse order", async () => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    host.takeEvents();
    await host.change("e", journalPlugin("e", graph["e"], 2));
    expect(String(await host.swapper.reload())).toBe(
      "a: unchanged, b: unchanged, c: unchanged, d: unchanged, e: ok, f: relinked, g: relinked, h: relinked",
    );
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual([...preparation(["e", "f", "g", "h"]), ...each("onFree", ["h", "g", "f", "e"])]);
  });

  test("close frees everything in reverse order", async () => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    host.takeEvents();
    await host.swapper.close();
    expect(host.takeEvents()).toEqual(each("onFree", names.toReversed()));
  });
});

describe("3.7 a failure in any hook of any plugin frees what was made, in reverse order, and keeps the old set", () => {
  const hooks = ["reloadable", "export", "import", "onLoad", "onInit"] as const;

  test.each(hooks)("%s", async (hook) => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    const before = host.swapper.current;
    for (const name of names) await host.change(name, journalPlugin(name, graph[name], 2));
    for (const [index, name] of names.entries()) {
      host.takeEvents();
      host.wishes.set(`${name}.${hook}`, () => {
        throw new Error("not today");
      });
      const error = await hotswapError(host.swapper.reload());
      host.wishes.clear();
      expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin: name, phase: hook });
      expect(error.cause).toHaveProperty("message", "not today");
      expect(host.takeEvents()).toEqual([
        ...each("evaluate"),
        ...hooks.slice(0, hooks.indexOf(hook)).flatMap((earlier) => each(earlier)),
        ...each(hook, names.slice(0, index + 1)),
        ...each("onFree", names.toReversed()),
      ]);
      expect(host.swapper.current).toBe(before);
      expect(host.swapper.reloadCounter).toBe(0);
      expect(before?.findPlugin("h")?.invokeFunc("versions")).toEqual([1, 1, 1]);
    }
    await host.swapper.reload();
    expect(host.swapper.current?.findPlugin("h")?.invokeFunc("versions")).toEqual([2, 2, 2]);
  });

  test("a module that throws while it is evaluated", async () => {
    await using host = await diamond();
    await host.swapper.loadPlugins();
    await host.change("c", `throw new Error("broken module"); ${journalPlugin("c", graph["c"], 2)}`);
    const error = await hotswapError(host.swapper.reload());
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin: "c", phase: "load" });
    expect(error.message).toContain("broken module");
    expect(host.swapper.current?.findPlugin("e")?.invokeFunc("versions")).toEqual([1, 1, 1]);
  });
});
