import { describe, expect, test } from "bun:test";
import { Child } from "../support/child.ts";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";
import { createProject } from "../support/project.ts";

const simple = (body = ""): string =>
  `import { definePlugin } from "hotswap"; export default definePlugin({ ${body} });`;

describe("3.3 finding plugins", () => {
  test("sub-folders and other files are not searched", async () => {
    await using host = await createHost({ alpha: simple() });
    await host.project.write({ "bin/sub/beta.js": "broken", "bin/notes.txt": "text", "bin/.hidden.js": "broken" });
    expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok");
  });

  test("names are compared without case", async () => {
    await using host = await createHost({ Alpha: simple() });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("aLPHA")?.name).toBe("Alpha");
  });

  test("two artifacts with one name: an error naming both files", async () => {
    await using host = await createHost({ alpha: simple() });
    await host.project.write({ "bin/copy.js": await Bun.file(host.project.path("bin/alpha.js")).bytes() });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_DUPLICATE_PLUGIN", phase: "scan" });
    expect(error.message).toContain(host.project.path("bin/alpha.js"));
    expect(error.message).toContain(host.project.path("bin/copy.js"));
  });

  test("an empty folder loads nothing and says so", async () => {
    await using host = await createHost({});
    const details = await host.swapper.loadPlugins();
    expect(details.size).toBe(0);
    expect(host.swapper.current?.plugins).toEqual([]);
    expect(host.logger.of("warn").join()).toContain(`there are no plugins in ${host.project.out}`);
  });

  test("a folder that does not exist", async () => {
    await using host = await createHost({});
    host.swapper.resetPluginDir(host.project.path("nowhere"));
    expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({
      code: "HOTSWAP_PLUGIN_DIR_NOT_FOUND",
      phase: "scan",
      cause: expect.objectContaining({ code: "ENOENT" }),
    });
  });

  test("a host that was never built for says what to run, without a stack", async () => {
    await using project = await createProject({
      "host.ts": `import { PluginManagerSwapper } from "hotswap"; await new PluginManagerSwapper("nowhere").loadPlugins();`,
    });
    await using child = new Child([process.execPath, "host.ts"], { cwd: project.root });
    expect(await child.exit()).toBe(1);
    expect(child.stderr).toMatch(
      /^HotswapError: the plugin folder \S+ does not exist: build plugins into it \(bunx hotswap build 'plugin\/\*' nowhere\).*\n code: "HOTSWAP_PLUGIN_DIR_NOT_FOUND"\n\s*Bun v/,
    );
  });
});

describe("3.4 whitelist", () => {
  const plugins = { alpha: simple(), beta: simple(), gamma: simple() };

  test("only those plugins load", async () => {
    await using host = await createHost(plugins, { whitelist: ["Gamma", "alpha"] });
    expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok, gamma: ok");
  });

  test("missing ones are all named in one error", async () => {
    await using host = await createHost(plugins, { whitelist: ["zeta", "alpha", "delta"] });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error.code).toBe("HOTSWAP_WHITELIST_MISSING");
    expect(error.message).toContain("delta, zeta");
  });
});

describe("3.5 notes", () => {
  test("ok, unchanged, relinked, removed, and not reloadable, sorted by name", async () => {
    await using host = await createHost({
      alpha: journalPlugin("alpha"),
      beta: journalPlugin("beta", ["alpha"]),
      delta: journalPlugin("delta"),
      fixed: simple("reloadable: () => false"),
      gamma: journalPlugin("gamma"),
      old: journalPlugin("old"),
    });
    await host.swapper.loadPlugins();
    const gammaBefore = host.swapper.current?.findPlugin("gamma");
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.change("fixed", simple("reloadable: () => false, functions: { now: () => 2 }"));
    await host.change("newer", journalPlugin("newer"));
    await host.project.remove("bin/old.js");
    const details = await host.swapper.reload();
    expect(String(details)).toBe(
      "alpha: ok, beta: relinked, delta: unchanged, fixed: not reloadable, gamma: unchanged, newer: ok, old: removed",
    );
    expect(details.get("beta")).toBe("relinked");
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("versions")).toEqual([1, 2]);
    expect(host.swapper.current?.findPlugin("gamma")?.generation).toBe(gammaBefore?.generation ?? Number.NaN);
    expect(host.swapper.current?.findPlugin("old")).toBeUndefined();
    expect(host.swapper.current?.findPlugin("fixed")?.has("now")).toBe(false);
    expect(host.swapper.current?.findPlugin("alpha")?.note).toBe("ok");
  });

  test("a plugin whose optional dependency appears or disappears is relinked", async () => {
    const asking = `import { definePlugin, dependency } from "hotswap";
      const deps = { extra: dependency.optional<{ version(): number }>() };
      export default definePlugin({ import: () => deps, functions: { extra: () => deps.extra?.version() } });`;
    await using host = await createHost({ asking });
    await host.swapper.loadPlugins();
    await host.change("extra", journalPlugin("extra", [], 7));
    expect(String(await host.swapper.reload())).toBe("asking: relinked, extra: ok");
    expect(host.swapper.current?.findPlugin("asking")?.invokeFunc("extra")).toBe(7);
    await host.project.remove("bin/extra.js");
    expect(String(await host.swapper.reload())).toBe("asking: relinked, extra: removed");
    expect(host.swapper.current?.findPlugin("asking")?.invokeFunc("extra")).toBeUndefined();
  });

  test("a reload without changes keeps every generation and calls no hook", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) });
    await host.swapper.loadPlugins();
    host.takeEvents();
    expect(String(await host.swapper.reload())).toBe("alpha: unchanged, beta: unchanged");
    await host.swapper.drained();
    expect(host.takeEvents()).toEqual([]);
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("versions")).toEqual([1, 1]);
  });
});

describe("3.7 failure", () => {
  test("a failure is never remembered: the next reload starts clean", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    host.wishes.set("alpha.onLoad", () => Promise.reject(new Error("first time")));
    expect(await hotswapError(host.swapper.loadPlugins())).toMatchObject({ code: "HOTSWAP_HOOK_FAILED" });
    expect(host.swapper.current).toBeUndefined();
    host.wishes.clear();
    expect(String(await host.swapper.reload())).toBe("alpha: ok");
    expect(host.swapper.reloadCounter).toBe(0);
  });

  test("the error says plugin, phase and why, with the original as cause", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    const original = new Error("no database");
    host.wishes.set("alpha.onInit", () => Promise.reject(original));
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({
      plugin: "alpha",
      phase: "onInit",
      message: `onInit() of "alpha" failed: no database`,
    });
    expect(error.cause).toBe(original);
  });
});

describe("3.8 serialised", () => {
  test("a second reload waits for the first", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    const gate = Promise.withResolvers<void>();
    host.wishes.set("alpha.onInit", () => gate.promise);
    host.takeEvents();
    const first = host.swapper.reload();
    const second = host.swapper.reload();
    gate.resolve();
    expect(String(await first)).toBe("alpha: ok");
    expect(String(await second)).toBe("alpha: unchanged");
    expect(host.takeEvents().filter((event) => event === "alpha.onInit")).toHaveLength(1);
  });
});

test("3.9 data is passed through to every onLoad untouched", async () => {
  const keeping = `import { definePlugin } from "hotswap"; let got: unknown;
    export default definePlugin({ onLoad(data) { got = data; }, functions: { got: () => got } });`;
  await using host = await createHost({ alpha: keeping, beta: keeping });
  const data = { socket: new Map() };
  await host.swapper.loadPlugins(data);
  for (const plugin of host.swapper.current?.plugins ?? []) expect(plugin.invokeFunc("got")).toBe(data);
});

describe("3.10 reload callbacks", () => {
  test("the swapper's, then the call's, each with the new and the old manager, at the first load too", async () => {
    const calls: unknown[] = [];
    await using host = await createHost(
      { alpha: journalPlugin("alpha") },
      { reloadCallback: (now, old) => void calls.push("swapper", now, old) },
    );
    await host.swapper.loadPlugins(undefined, (now, old) => void calls.push("call", now, old));
    const first = host.swapper.current;
    expect(calls.splice(0)).toEqual(["swapper", first, undefined, "call", first, undefined]);
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload(undefined, (now, old) => {
      expect(host.swapper.current).toBe(first);
      calls.push("call", now, old);
    });
    expect(calls).toEqual(["swapper", host.swapper.current, first, "call", host.swapper.current, first]);
  });

  test("one that throws or rejects aborts the reload", async () => {
    let wish: () => void | Promise<void> = () => {};
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { reloadCallback: () => wish() });
    await host.swapper.loadPlugins();
    const before = host.swapper.current;
    await host.change("alpha", journalPlugin("alpha", [], 2));
    host.takeEvents();
    wish = () => {
      throw new Error("no");
    };
    expect(await hotswapError(host.swapper.reload())).toMatchObject({
      code: "HOTSWAP_CALLBACK_FAILED",
      phase: "callback",
    });
    wish = () => {};
    const error = await hotswapError(host.swapper.reload(undefined, () => Promise.reject(new Error("neither"))));
    expect(error.message).toContain("neither");
    expect(host.swapper.current).toBe(before);
    expect(host.takeEvents().filter((event) => event === "alpha.onFree")).toHaveLength(2);
  });
});

describe("3.11 counter and folder", () => {
  test("reloadCounter counts successful reloads, not the first load", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    expect(host.swapper.reloadCounter).toBe(0);
    await host.swapper.reload();
    expect(host.swapper.reloadCounter).toBe(1);
    host.wishes.set("alpha.onLoad", () => Promise.reject(new Error("no")));
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await hotswapError(host.swapper.reload());
    expect(host.swapper.reloadCounter).toBe(1);
  });

  test("resetPluginDir moves the next reload to another folder", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    await host.project.write({ "plugin/alpha/index.ts": journalPlugin("alpha", [], 2) });
    await host.project.build("alpha", { outputDir: host.project.path("elsewhere") });
    host.swapper.resetPluginDir(host.project.path("elsewhere"));
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    await host.swapper.reload();
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(2);
  });
});

describe("3.12 hookTimeout", () => {
  test.each(["onLoad", "onInit"])("%s that never finishes fails the reload", async (hook) => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { hookTimeout: 300 });
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    host.wishes.set(`alpha.${hook}`, () => new Promise(() => {}));
    expect(await hotswapError(host.swapper.reload())).toMatchObject({
      code: "HOTSWAP_HOOK_TIMEOUT",
      plugin: "alpha",
      phase: hook,
    });
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("a module that never finishes evaluating", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { hookTimeout: 300 });
    await host.swapper.loadPlugins();
    await host.change("alpha", `await new Promise(() => {}); ${simple()}`);
    expect(await hotswapError(host.swapper.reload())).toMatchObject({
      code: "HOTSWAP_HOOK_TIMEOUT",
      plugin: "alpha",
      phase: "load",
    });
  });

  test("a callback that never finishes", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, { hookTimeout: 300 });
    const error = await hotswapError(host.swapper.loadPlugins(undefined, () => new Promise(() => {})));
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_TIMEOUT", phase: "callback" });
  });
});

describe("3.13 plan", () => {
  test("says what a reload would do and why, and changes nothing", async () => {
    await using host = await createHost({
      alpha: journalPlugin("alpha"),
      beta: journalPlugin("beta", ["alpha"]),
      gamma: journalPlugin("gamma", ["beta"]),
    });
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    host.takeEvents();
    const plan = await host.swapper.plan();
    expect(String(plan)).toBe("alpha: ok, beta: relinked, gamma: relinked");
    expect(plan.reasons.get("alpha")).toBe("its artifact changed");
    expect(plan.reasons.get("gamma")).toBe("its dependency beta is instantiated again");
    expect(host.takeEvents()).toEqual([]);
    expect(host.swapper.current?.findPlugin("gamma")?.invokeFunc("versions")).toEqual([1, 1]);
    expect(String(await host.swapper.reload())).toBe(String(plan));
  });
});

describe("3.14 rollback", () => {
  test("goes back to the set before the last successful reload, and counts as a reload", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) });
    await host.swapper.loadPlugins();
    await host.change("alpha", journalPlugin("alpha", [], 2));
    await host.swapper.reload();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("versions")).toEqual([1, 2]);
    expect(String(await host.swapper.rollback())).toBe("alpha: ok, beta: relinked");
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("versions")).toEqual([1, 1]);
    expect(host.swapper.reloadCounter).toBe(2);
    expect(await hotswapError(host.swapper.rollback())).toMatchObject({ code: "HOTSWAP_NOTHING_TO_ROLL_BACK" });
  });
});

describe("3.15 close", () => {
  test("refuses further use with a clear error", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha") });
    await host.swapper.loadPlugins();
    const manager = host.swapper.current;
    await host.swapper.close();
    expect(host.swapper.current).toBeUndefined();
    expect(await hotswapError(host.swapper.reload())).toMatchObject({ code: "HOTSWAP_CLOSED" });
    expect(() => host.swapper.acquire()).toThrow("close()");
    expect(() => manager?.findPlugin("alpha")?.invokeFunc("version")).toThrow("freed");
  });
});
