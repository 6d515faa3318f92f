import { describe, expect, test } from "bun:test";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

/** A definition that is put together at run time, which the build cannot look into. */
const dynamic = (body: string): string =>
  `import { definePlugin } from "hotswap"; const members: any = { ${body} }; export default definePlugin(members);`;

describe("2.1 the seven hooks", () => {
  test("each is called with what it is promised, in order", async () => {
    const source = `import { definePlugin } from "hotswap"; import { log } from "../../journal";
      export default definePlugin({
        reloadable() { log("reloadable " + arguments.length); return true; },
        export() { log("export " + arguments.length); },
        import() { log("import " + arguments.length); return {}; },
        onLoad(data) { log("onLoad " + data); },
        onInit(vault, scope) { log("onInit " + (vault.dataBag.size === 0) + " " + scope.signal.aborted); },
        onFree() { log("onFree " + arguments.length); },
        invokeFunc(name: string, ...params: number[]) { log(name + " " + params); },
      });`;
    await using host = await createHost({ alpha: source });
    await host.swapper.loadPlugins("the data");
    host.swapper.current?.findPlugin("alpha")?.invokeFunc("hum", 1, 2);
    await host.swapper.close();
    expect(host.takeEvents()).toEqual([
      "reloadable 0",
      "export 0",
      "import 0",
      "onLoad the data",
      "onInit true false",
      "hum 1,2",
      "onFree 0",
    ]);
  });

  test("all are optional", async () => {
    await using host = await createHost({ alpha: dynamic("") });
    expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok");
    expect(host.swapper.current?.plugins).toHaveLength(1);
  });
});

describe("2.2 functions or invokeFunc; async where it may be", () => {
  test("giving both is an error", async () => {
    await using host = await createHost({ alpha: dynamic("functions: {}, invokeFunc() {}") });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_HOOK", plugin: "alpha", phase: "load" });
    expect(error.message).toContain(`"functions" and "invokeFunc" are both given`);
  });

  test("onLoad, onInit and onFree may be async, and are awaited", async () => {
    await using host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) });
    for (const hook of ["onLoad", "onInit"]) {
      host.wishes.set(`alpha.${hook}`, async () => {
        await Bun.sleep(1);
        host.wishes.set("order", [...((host.wishes.get("order") as string[] | undefined) ?? []), hook]);
      });
      host.wishes.set(`beta.${hook}`, () => {
        expect(host.wishes.get("order")).toContain(hook);
      });
    }
    await host.swapper.loadPlugins();
    expect(host.wishes.get("order")).toEqual(["onLoad", "onInit"]);
  });

  test.each(["reloadable", "export", "import"])("%s may not: answering a promise is an error", async (hook) => {
    await using host = await createHost({ alpha: dynamic(`${hook}: () => Promise.resolve({})`) });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_HOOK", plugin: "alpha", phase: hook });
  });
});

describe("2.3 what is no definition is an error at load time", () => {
  const wrong: Record<string, [source: string, message: string]> = {
    "a missing default export": [
      `export const x = 1; const d = () => {}; export { d as default };`,
      "not a definition",
    ],
    "a plain object": [`const plain: unknown = { onLoad() {} }; export default plain;`, "not a definition"],
  };
  test.each(Object.keys(wrong))("%s", async (name) => {
    const [source, message] = wrong[name] ?? ["", ""];
    // The builder refuses what it can see; this is what it cannot.
    const hidden = `const hide = (value: any): any => value; ${source.replace(/export default (\w+)/, "const found = hide($1); export default found")}`;
    await using host = await createHost({});
    await host.project.write({ "plugin/alpha/index.ts": hidden });
    const built = await host.project.build("alpha").then(
      () => true,
      (error: unknown) => error,
    );
    if (built === true) {
      const error = await hotswapError(host.swapper.loadPlugins());
      expect(error).toMatchObject({ code: "HOTSWAP_NOT_A_PLUGIN", plugin: "alpha", phase: "load" });
      expect(error.message).toContain(message);
    } else {
      expect(built).toMatchObject({ code: "HOTSWAP_BUILD_FAILED" });
    }
  });

  test("an unknown hook, with did you mean", async () => {
    await using host = await createHost({ alpha: dynamic("onLaod() {}") });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_HOOK", plugin: "alpha", phase: "load" });
    expect(error.message).toContain(`"onLaod" is not a hook (did you mean "onLoad"?)`);
  });

  test.each([
    ["onLoad: 7", `"onLoad" must be a function, not a value of type number`],
    ["functions: []", `"functions" must be`],
    ["functions: 3", `"functions" must be an object of functions`],
    ["functions: { hum: 1 }", `"functions.hum" must be a function`],
  ])("a hook of the wrong type: %s", async (body, message) => {
    await using host = await createHost({ alpha: dynamic(body) });
    const error = await hotswapError(host.swapper.loadPlugins());
    expect(error.code).toBe("HOTSWAP_INVALID_HOOK");
    expect(error.message).toContain(message);
  });
});

describe("2.4 the plugin's folder is private to each generation, everything else is the host's", () => {
  test("modules of the folder are evaluated anew, host modules are one instance", async () => {
    const source = (
      mark: number,
    ): string => `import { definePlugin } from "hotswap"; import { count } from "./state"; import { shared } from "../../shared";
      export const mark = ${mark}; export default definePlugin({ functions: { counts: () => [++count.n, ++shared.n] } });`;
    await using host = await createHost(
      {},
      {},
      { "shared.ts": "export const shared = { n: 0 };", "plugin/alpha/state.ts": "export const count = { n: 0 };" },
    );
    await host.change("alpha", source(1));
    await host.swapper.loadPlugins();
    const counts = (): unknown => host.swapper.current?.findPlugin("alpha")?.invokeFunc("counts");
    expect([counts(), counts()]).toEqual([
      [1, 1],
      [2, 2],
    ]);
    await host.change("alpha", source(2));
    await host.swapper.reload();
    expect(counts()).toEqual([1, 3]);
    const { shared } = (await import(host.project.path("shared.ts"))) as { shared: { n: number } };
    expect(shared.n).toBe(3);
  });

  test("a host's export let is seen as it changes", async () => {
    const source = `import { definePlugin } from "hotswap"; import { mode, setMode } from "../../mode";
      export default definePlugin({ functions: { mode: () => mode, setMode } });`;
    await using host = await createHost(
      { alpha: source },
      {},
      { "mode.ts": `export let mode = "day"; export function setMode(next: string) { mode = next; }` },
    );
    await host.swapper.loadPlugins();
    const alpha = host.swapper.current?.findPlugin("alpha");
    alpha?.invokeFunc("setMode", "night");
    expect(alpha?.invokeFunc("mode")).toBe("night");
  });
});

test("2.6 two generations of one plugin can be live at once, in complete isolation", async () => {
  const source = (mark: string): string => `import { definePlugin } from "hotswap"; let n = 0;
    export default definePlugin({ functions: { next: () => "${mark}" + ++n } });`;
  await using host = await createHost({ alpha: source("old") });
  await host.swapper.loadPlugins();
  using lease = host.swapper.acquire();
  const next = (): unknown[] => [
    lease.manager.findPlugin("alpha")?.invokeFunc("next"),
    host.swapper.current?.findPlugin("alpha")?.invokeFunc("next"),
  ];
  await host.change("alpha", source("new"));
  await host.swapper.reload();
  expect([next(), next()]).toEqual([
    ["old1", "new1"],
    ["old2", "new2"],
  ]);
});
