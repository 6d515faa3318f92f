import { describe, expect, test } from "bun:test";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

/** What a plugin might overwrite, with an expression that names its owner, and the property. */
const shared: readonly [name: string, owner: string, key: string][] = [
  ["Array.prototype[Symbol.iterator]", "Array.prototype", "Symbol.iterator"],
  ["ArrayIterator.prototype.next", "Object.getPrototypeOf([].values())", `"next"`],
  ["Map.prototype.get", "Map.prototype", `"get"`],
  ["Map.prototype.size", "Map.prototype", `"size"`],
  ["Set.prototype.add", "Set.prototype", `"add"`],
  ["Promise.prototype.then", "Promise.prototype", `"then"`],
  ["Promise.prototype.catch", "Promise.prototype", `"catch"`],
  ["Promise.race", "Promise", `"race"`],
  ["Object.entries", "Object", `"entries"`],
  ["Function.prototype.call", "Function.prototype", `"call"`],
  ["Function.prototype.bind", "Function.prototype", `"bind"`],
  ["Reflect.get", "Reflect", `"get"`],
  ["Reflect.defineProperty", "Reflect", `"defineProperty"`],
  ["JSON.parse", "JSON", `"parse"`],
  ["globalThis.setTimeout", "globalThis", `"setTimeout"`],
  ["globalThis.setImmediate", "globalThis", `"setImmediate"`],
  ["globalThis.Promise", "globalThis", `"Promise"`],
];

const poisoned = (owner: string, key: string): string =>
  `Object.defineProperty(${owner}, ${key}, { configurable: true, get() { return () => { throw new Error("poisoned"); }; } });`;

function poisoner(where: "module" | "export" | "onInit" | "after", owner: string, key: string): string {
  const poison = poisoned(owner, key);
  return `import { definePlugin } from "hotswap";
    ${where === "module" ? poison : ""}
    export default definePlugin({
      export() { ${where === "export" ? poison : ""} return {}; },
      async onInit() { ${where === "after" ? "await Bun.sleep(0);" : ""} ${where === "onInit" || where === "after" ? poison : ""} },
      functions: { version: () => 1 },
    });`;
}

/** Swaps a set in and lets the old one be freed, with everything that this needs. */
async function expectWorking(host: Host, version: number): Promise<void> {
  await host.change("alpha", journalPlugin("alpha", [], version));
  expect(String(await host.swapper.reload())).toBe("alpha: ok");
  expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(version);
  await host.swapper.drained();
}

describe("a plugin that overwrites what all code shares", () => {
  // The modules of a plugin under development are evaluated in another way, at once.
  const evaluatedAtOnce = new Set(["Promise.prototype.then", "Reflect.get", "globalThis.setTimeout"]);
  const cases = shared.flatMap(([name, owner, key]) =>
    [false, true].flatMap((apart) => (apart && !evaluatedAtOnce.has(name) ? [] : [[name, owner, key, apart] as const])),
  );

  test.each(cases)("%s: is refused by name, and it is put back", async (name, owner, key, apart) => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, {}, {}, { apart });
    await host.swapper.loadPlugins();
    const before = host.swapper.current;
    for (const where of ["module", "export", "onInit", "after"] as const) {
      await host.change("beta", poisoner(where, owner, key));
      const error = await hotswapError(host.swapper.reload());
      expect(error).toMatchObject({
        code: "HOTSWAP_INTRINSIC_CHANGED",
        plugin: "beta",
        phase: where === "module" ? "load" : where === "after" ? "onInit" : where,
      });
      expect(error.message).toStartWith(`"beta" overwrote ${name}, which all code of the process shares`);
      expect(host.swapper.current).toBe(before);
      expect(before?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
    }
    await host.project.remove("bin/beta.js");
    await expectWorking(host, 2);
    expect(host.logger.of("error")).toEqual([]);
  });
});

test("one that throws after it has overwritten something leaves nothing of it", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") });
  await host.swapper.loadPlugins();
  await host.change(
    "beta",
    `${journalPlugin("beta")} ${poisoned("Map.prototype", `"get"`)} throw new Error("and out");`,
  );
  const error = await hotswapError(host.swapper.reload());
  expect(error).toMatchObject({ code: "HOTSWAP_INTRINSIC_CHANGED", cause: { message: "and out" } });
  expect(new Map([[1, 2]]).get(1)).toBe(2);
});

test("one that overwrites something when it is freed is reported, and the next set is free of it", async () => {
  const source = `import { definePlugin } from "hotswap";
    export default definePlugin({ onFree() { ${poisoned("Map.prototype", `"get"`)} }, functions: { version: () => 1 } });`;
  await using host = await createHost({ alpha: source });
  await host.swapper.loadPlugins();
  await expectWorking(host, 2);
  expect(host.logger.of("error").join("\n")).toContain(`"alpha" overwrote Map.prototype.get`);
  await expectWorking(host, 3);
});

test("what the host, or a package of the host, overwrites is taken for right", async () => {
  const before = Date.now;
  const files = { "patch.ts": `export const original = Date.now; Date.now = () => original() + 0;` };
  await using host = await createHost({ alpha: journalPlugin("alpha") }, {}, files);
  try {
    await host.swapper.loadPlugins();
    await host.change("beta", `import { original } from "../../patch"; ${journalPlugin("beta")} void original;`);
    expect(String(await host.swapper.reload())).toBe("alpha: unchanged, beta: ok");
    expect(Date.now).not.toBe(before);
    Date.now = () => 7;
    await expectWorking2(host);
    expect(Date.now()).toBe(7);
  } finally {
    Date.now = before;
  }
});

async function expectWorking2(host: Host): Promise<void> {
  await host.change("beta", journalPlugin("beta", [], 2));
  expect(String(await host.swapper.reload())).toBe("alpha: unchanged, beta: ok");
}
