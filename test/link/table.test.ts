import { describe, expect, test } from "bun:test";
import { createHost, hotswapError } from "../support/host.ts";

const definition = (body: string, imports = "definePlugin, dependency"): string =>
  `import { ${imports} } from "hotswap"; ${body}`;

const exporting = (value: string): string => definition(`export default definePlugin({ export: () => (${value}) });`);

/** A plugin with these slots whose function `use` evaluates `expression`. */
const importing = (slots: string, expression = "undefined"): string =>
  definition(`const deps = { ${slots} };
    export default definePlugin({ import: () => deps, functions: { use: (): unknown => ${expression} } });`);

async function linkError(plugins: Record<string, string>) {
  await using host = await createHost(plugins);
  return await hotswapError(host.swapper.loadPlugins());
}

describe("4 linking", () => {
  test("a dependency slot names no plugin in the set: unknown dependency, both names", async () => {
    const error = await linkError({ beta: exporting("{}"), gamma: importing("betta: dependency()") });
    expect(error).toMatchObject({ code: "HOTSWAP_UNKNOWN_DEPENDENCY", plugin: "gamma", phase: "link" });
    expect(error.message).toContain(`gamma imports "betta", which is not in the set (did you mean "beta"?)`);
  });

  test("an optional dependency that is absent: the slot is undefined", async () => {
    await using host = await createHost({
      beta: importing("audit: dependency.optional()", `"audit" in deps && deps.audit`),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("use")).toBeUndefined();
  });

  describe("an optional dependency that is absent when its dependent is linked, and appears later", () => {
    const keeps = (slots: string): string =>
      definition(`const deps = { ${slots} };
        export default definePlugin({ reloadable: () => false, export: () => ({}), import: () => deps,
          functions: { use: (): unknown => String(deps.audit) } });`);
    const steady = definition(`export default definePlugin({ reloadable: () => false, export: () => ({}) });`);

    test.each([
      ["is reloadable", exporting("{}")],
      ["is not reloadable", steady],
      ["lacks what the slot requires", exporting("{ other: 1 }")],
      ["depends on it in its turn", importing("aaa: dependency()")],
    ])(
      "and %s: for a plugin that stays the slot remains empty, and deps lists only what is linked",
      async (_, audit) => {
        await using host = await createHost({
          aaa: keeps(`audit: dependency.optional<any>("record"), base: dependency()`),
          base: steady,
        });
        await host.swapper.loadPlugins();
        await host.change("audit", audit);
        expect(String(await host.swapper.reload())).toBe("aaa: not reloadable, audit: ok, base: not reloadable");
        const found = host.swapper.current?.findPlugin("aaa");
        expect(found?.invokeFunc("use")).toBe("undefined");
        expect(found?.deps).toEqual(["base"]);
        // In later sets, too, however they come about.
        await host.change("audit", `${audit} // again`);
        await host.swapper.reload();
        expect(host.swapper.current?.findPlugin("aaa")?.deps).toEqual(["base"]);
        await host.project.remove("bin/audit.js");
        await host.swapper.reload();
        expect(host.swapper.current?.findPlugin("aaa")?.deps).toEqual(["base"]);
      },
    );

    test("a plugin that can be instantiated again is linked to it", async () => {
      await using host = await createHost({ aaa: importing("audit: dependency.optional<any>()", "typeof deps.audit") });
      await host.swapper.loadPlugins();
      await host.change("audit", exporting("{}"));
      expect(String(await host.swapper.reload())).toBe("aaa: relinked, audit: ok");
      expect(host.swapper.current?.findPlugin("aaa")?.invokeFunc("use")).toBe("object");
      expect(host.swapper.current?.findPlugin("aaa")?.deps).toEqual(["audit"]);
    });
  });

  test("a slot whose dependency exports nothing: order is kept, the slot is undefined", async () => {
    await using host = await createHost({
      aaa: importing("zzz: dependency()", "deps.zzz"),
      zzz: definition("export default definePlugin({});"),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.plugins.map(({ name }) => name)).toEqual(["zzz", "aaa"]);
    expect(host.swapper.current?.findPlugin("aaa")?.invokeFunc("use")).toBeUndefined();
    expect(host.swapper.current?.findPlugin("aaa")?.deps).toEqual(["zzz"]);
  });

  test("a slot that requires members the export lacks: not assignable; plugin, slot, member", async () => {
    const error = await linkError({
      alpha: exporting("{ one: () => 1 }"),
      beta: importing(`alpha: dependency<any>("two")`),
    });
    expect(error).toMatchObject({ code: "HOTSWAP_NOT_ASSIGNABLE", plugin: "beta", phase: "link" });
    expect(error.message).toContain(`beta requires "two" of its dependency "alpha"`);
  });

  test("a slot that requires a member of another kind: not assignable", async () => {
    const error = await linkError({
      alpha: exporting("{ one: 1 }"),
      beta: importing(`alpha: dependency<any>({ one: "function" })`),
    });
    expect(error.code).toBe("HOTSWAP_NOT_ASSIGNABLE");
    expect(error.message).toContain(`to be of type function, but alpha exports a value of type number`);
  });

  test("properties of the import object that are not slots: left alone", async () => {
    await using host = await createHost({
      alpha: exporting("{ one: () => 1 }"),
      beta: importing(
        `alpha: dependency<any>(), limit: 7, nested: { alpha: "text" }`,
        `[deps.limit, deps.nested.alpha, deps.alpha.one()]`,
      ),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("use")).toEqual([7, "text", 1]);
  });

  test.each(["undefined", "null", "7", "[]"])("import() returns %s: an error naming the plugin", async (value) => {
    const error = await linkError({
      beta: definition(`export default definePlugin({ import: (): unknown => (${value}) });`),
    });
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_IMPORT", plugin: "beta", phase: "import" });
    expect(error.message).toContain(`import() of "beta"`);
  });

  test("a cycle: the whole path", async () => {
    const error = await linkError({
      a: importing("b: dependency()"),
      b: importing("c: dependency()"),
      c: importing("a: dependency()"),
      d: importing("a: dependency()"),
    });
    expect(error).toMatchObject({ code: "HOTSWAP_CYCLIC_DEPENDENCY", phase: "link" });
    expect(error.message).toContain("a -> b -> c -> a");
  });

  test("a plugin that depends on itself is a cycle", async () => {
    const error = await linkError({ a: importing("a: dependency()") });
    expect(error.message).toContain("a -> a");
  });

  test("a non-reloadable plugin depends on a reloadable one: both names", async () => {
    const error = await linkError({
      alpha: exporting("{}"),
      beta: definition(
        `export default definePlugin({ reloadable: () => false, import: () => ({ alpha: dependency() }) });`,
      ),
    });
    expect(error).toMatchObject({ code: "HOTSWAP_DEPENDENCY_RELOADABLE", plugin: "beta", phase: "link" });
    expect(error.message).toContain("beta is not reloadable but depends on alpha");
  });

  test("a slot used before linking: a clear error", async () => {
    const error = await linkError({
      alpha: exporting("{ one: () => 1 }"),
      beta: definition(`const deps = { alpha: dependency<any>() }; deps.alpha.one();
        export default definePlugin({ import: () => deps });`),
    });
    expect(error).toMatchObject({ code: "HOTSWAP_HOOK_FAILED", plugin: "beta", phase: "load" });
    expect(error.cause).toMatchObject({ code: "HOTSWAP_NOT_LINKED" });
  });

  test("a slot that was taken out of the import object before linking works after it", async () => {
    await using host = await createHost({
      alpha: exporting("{ one: () => 1 }"),
      beta: definition(`const deps = { alpha: dependency<any>() }; const { alpha } = deps;
        export default definePlugin({ import: () => deps, functions: { use: () => alpha.one() } });`),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("use")).toBe(1);
  });

  test("a slot used after the generation was freed: a clear error", async () => {
    const leaky = definition(`import { wishes } from "../../journal";
      const deps = { alpha: dependency<any>() };
      wishes.set("leaked", () => deps.alpha.one());
      export default definePlugin({ import: () => deps });`);
    await using host = await createHost({ alpha: exporting("{ one: () => 1 }"), beta: leaky });
    await host.swapper.loadPlugins();
    const leaked = host.wishes.get("leaked") as () => number;
    expect(leaked()).toBe(1);
    await host.change("beta", `${leaky}\nexport const changed = true;`);
    await host.swapper.reload();
    await host.swapper.drained();
    expect(leaked).toThrow(`the dependency "alpha" was used by code of a plugin that was already freed`);
  });

  test("slots are matched without case", async () => {
    await using host = await createHost({
      Alpha: exporting("{ one: () => 1 }"),
      beta: importing("alpha: dependency<any>()", "deps.alpha.one()"),
    });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("use")).toBe(1);
  });
});

describe("what an export looks like to other plugins", () => {
  async function used(exported: string, expression: string): Promise<unknown> {
    await using host = await createHost({
      alpha:
        definition(`class Counter { #n = 0; label = "count"; get n() { return this.#n; } add(by: number) { this.#n += by; return this; } }
        function hello(name: string) { return "hello " + name; }
        export default definePlugin({ export: () => (${exported}) });`),
      beta: importing("alpha: dependency<any>()", expression),
    });
    await host.swapper.loadPlugins();
    return host.swapper.current?.findPlugin("beta")?.invokeFunc("use");
  }

  test("a class instance: methods, getters and fields, with its own this", async () => {
    const expression = `(deps.alpha.add(2), deps.alpha.add(3), deps.alpha.label = "sum", [deps.alpha.n, deps.alpha.label])`;
    expect(await used("new Counter()", expression)).toEqual([5, "sum"]);
  });

  test("a function", async () => {
    expect(await used("hello", `deps.alpha("you")`)).toBe("hello you");
  });

  test("data is handed out as it is", async () => {
    expect(await used(`new Map([["a", 1]])`, `[deps.alpha.get("a"), deps.alpha instanceof Map]`)).toEqual([1, true]);
    expect(await used("[1, 2]", "Array.isArray(deps.alpha)")).toBe(true);
    expect(await used("7", "deps.alpha")).toBe(7);
  });

  test("a property that changes is read anew at each access", async () => {
    expect(await used(`{ n: 1, grow() { this.n++; } }`, `(deps.alpha.grow(), deps.alpha.n)`)).toBe(2);
  });
});

test("what an exported function opens belongs to the plugin that defined it, whoever calls", async () => {
  const alpha = definition(`import { wishes } from "../../journal";
    export default definePlugin({ export: () => ({ listen: () => Bun.serve({ port: 0, fetch: () => new Response("alpha") }).port }) });`);
  await using host = await createHost({
    alpha,
    beta: importing("alpha: dependency<any>()", "deps.alpha.listen()"),
  });
  await host.swapper.loadPlugins();
  const port = host.swapper.current?.findPlugin("beta")?.invokeFunc("use");
  const url = `http://127.0.0.1:${port}/`;
  // Beta goes and alpha stays: so does the server that beta's call opened.
  await host.change("beta", importing("alpha: dependency<any>()", "0"));
  await host.swapper.reload();
  await host.swapper.drained();
  expect(await (await fetch(url)).text()).toBe("alpha");
  await host.change("alpha", `${alpha}\nexport const changed = true;`);
  await host.swapper.reload();
  await host.swapper.drained();
  await expect(fetch(url)).rejects.toThrow();
});
