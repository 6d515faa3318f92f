import { describe, expect, test } from "bun:test";
import { asset } from "hotswap";
import { createHost } from "../support/host.ts";

const reading = (mark: string): string => `import { asset, definePlugin } from "hotswap";
  export default definePlugin({
    export: () => ({ motd: () => asset("texts/motd.txt").text() }),
    functions: {
      text: (path: string) => asset(path).text(),
      bytes: (path: string) => asset(path).bytes(),
      json: (path: string) => asset(path).json(),
    },
  }); // ${mark}`;

const files = {
  "plugin/alpha/texts/motd.txt": "Grüße",
  "plugin/alpha/data.json": `{ "limit": 7 }`,
  "plugin/alpha/raw.bin": new Uint8Array([0, 255, 10, 13]),
};

describe("asset", () => {
  test("gives a carried file as text, bytes or JSON, of the generation that asks", async () => {
    await using host = await createHost({}, {}, { ...files, "plugin/alpha/index.ts": reading("first") });
    await host.project.build("alpha", { include: /\.(txt|json|bin)$/ });
    await host.swapper.loadPlugins();
    using lease = host.swapper.acquire();
    const old = lease.manager.findPlugin("alpha");
    expect(old?.invokeFunc("text", "texts/motd.txt")).toBe("Grüße");
    expect(old?.invokeFunc("json", "data.json")).toEqual({ limit: 7 });
    expect(old?.invokeFunc("bytes", "raw.bin")).toEqual(new Uint8Array([0, 255, 10, 13]));
    await host.project.write({ "plugin/alpha/texts/motd.txt": "Servus" });
    await host.project.build("alpha", { include: /\.(txt|json|bin)$/ });
    expect(String(await host.swapper.reload())).toBe("alpha: ok");
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("text", "texts/motd.txt")).toBe("Servus");
    expect(old?.invokeFunc("text", "texts/motd.txt")).toBe("Grüße");
  });

  test("is the file of the plugin whose code asks, whoever calls", async () => {
    const beta = `import { asset, definePlugin, dependency } from "hotswap"; const deps = { alpha: dependency<{ motd(): string }>("motd") };
      export default definePlugin({ import: () => deps, functions: { motd: () => deps.alpha.motd() } });`;
    await using host = await createHost({ beta }, {}, { ...files, "plugin/alpha/index.ts": reading("first") });
    await host.project.build("alpha", { include: /\.txt$/ });
    await host.swapper.loadPlugins();
    expect(host.swapper.current?.findPlugin("beta")?.invokeFunc("motd")).toBe("Grüße");
  });

  test("of a file that was not included is an error", async () => {
    await using host = await createHost({}, {}, { ...files, "plugin/alpha/index.ts": reading("first") });
    await host.project.build("alpha", { include: /\.txt$/ });
    await host.swapper.loadPlugins();
    const alpha = host.swapper.current?.findPlugin("alpha");
    expect(() => alpha?.invokeFunc("text", "data.json")).toThrow(`"alpha" carries no file "data.json"`);
    expect(() => alpha?.invokeFunc("text", "texts/modt.txt")).toThrow(`did you mean "texts/motd.txt"?`);
  });

  test("outside a plugin is an error", () => {
    expect(() => asset("texts/motd.txt")).toThrow("outside a plugin");
  });
});
