import { describe, expect, test } from "bun:test";
import { encodeArtifact } from "../../src/artifact/encode.ts";
import type { Manifest } from "../../src/artifact/manifest.ts";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

const revoked = `(() => { const { proxy, revoke } = Proxy.revocable(function () {}, {}); revoke(); return proxy; })()`;
const throwing = `new Proxy({}, new Proxy({}, { get() { return () => { throw new Error("trapped"); }; } }))`;

function plugin(members: string, outside = ""): string {
  return `import { definePlugin } from "hotswap"; ${outside} export default definePlugin({ ${members} });`;
}

async function liveHost(): Promise<Host> {
  const host = await createHost({ alpha: journalPlugin("alpha") });
  await host.swapper.loadPlugins();
  return host;
}

/** Code that throws wherever it is looked at, and the phase in which that happens. */
const hostile: readonly [what: string, phase: string, source: string][] = [
  ["export() returns a revoked proxy", "export", plugin(`export: () => ${revoked}`)],
  ["export() returns a proxy that throws", "export", plugin(`export: () => ${throwing}`)],
  ["import() returns a revoked proxy", "import", plugin(`import: () => ${revoked}`)],
  ["import() returns a proxy that throws", "import", plugin(`import: () => ${throwing}`)],
  ["reloadable() returns a revoked proxy", "reloadable", plugin(`reloadable: () => ${revoked}`)],
  ["onLoad() returns a revoked proxy", "onLoad", plugin(`onLoad: () => ${revoked}`)],
  ["onInit() throws a revoked proxy", "onInit", plugin(`onInit() { throw ${revoked}; }`)],
  ["onInit() rejects with a revoked proxy", "onInit", plugin(`onInit: async () => { throw ${revoked}; }`)],
  ["a module throws a revoked proxy", "load", plugin("", `throw ${revoked};`)],
  [
    "a table of functions with a getter that throws",
    "load",
    plugin(`functions: { get hum() { throw new Error("no"); } }`),
  ],
  [
    "a live type whose version throws",
    "load",
    plugin("", `export class Live_A { static get version() { throw new Error("no version"); } }`),
  ],
  [
    "a live type whose version is a revoked proxy",
    "load",
    plugin("", `export class Live_A { static version = ${revoked}; }`),
  ],
];

/** Code that no build lets through, in artifacts that were made by hand. */
const handMade: readonly [what: string, code: string][] = [
  ["the default export is a revoked proxy", `export default ${revoked};`],
  ["the default export is a proxy that throws", `export default ${throwing};`],
  ["the table of live things is a revoked proxy", `export default 1; export const __hotswap_live__ = ${revoked};`],
  ["a syntax error", "export default ((;"],
  ["no default export", "export const one = 1;"],
];

describe("code that throws wherever it is looked at is refused with a coded error that names the plugin", () => {
  test.each(hostile)("%s", async (_, phase, source) => {
    await using host = await liveHost();
    const before = host.swapper.current;
    await host.change("beta", source);
    const error = await hotswapError(host.swapper.reload());
    expect(error).toMatchObject({ plugin: "beta", phase });
    expect(host.swapper.current).toBe(before);
    expect(before?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test.each(handMade)("by hand: %s", async (_, code) => {
    await using host = await liveHost();
    const before = host.swapper.current;
    const manifest: Manifest = {
      name: "beta",
      folder: "plugin/alpha",
      hostModules: [],
      liveFuncs: {},
      liveTypes: {},
      assets: [],
    };
    const artifact = encodeArtifact({ manifest, prologue: "", code, assets: [], sourceMap: undefined });
    await host.project.write({ "bin/beta.js": artifact.bytes });
    expect(await hotswapError(host.swapper.reload())).toMatchObject({ plugin: "beta", phase: "load" });
    expect(host.swapper.current).toBe(before);
  });
});

test("a control socket at a path with a NUL is a coded error", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") }, { control: "/tmp/a\0b" });
  const error = await hotswapError(host.swapper.loadPlugins());
  expect(error.code).toBe("HOTSWAP_CONTROL_FAILED");
  expect(error.message).toContain(String.raw`/tmp/a\u0000b`);
});
