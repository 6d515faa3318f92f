import { chmod } from "node:fs/promises";
import { describe, expect, test } from "bun:test";
import { createHost, type Host, hotswapError, journalPlugin } from "../support/host.ts";

async function liveHost(): Promise<Host> {
  const host = await createHost({ alpha: journalPlugin("alpha") });
  await host.swapper.loadPlugins();
  return host;
}

/** Has the host reload after `damage`, and checks that the old set is live. */
async function reloadAfter(damage: (host: Host) => Promise<unknown>) {
  await using host = await liveHost();
  const before = host.swapper.current;
  await damage(host);
  const error = await hotswapError(host.swapper.reload());
  expect(host.swapper.current).toBe(before);
  expect(before?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  return error;
}

async function artifact(host: Host): Promise<string> {
  return Bun.file(host.project.path("bin/alpha.js")).text();
}

describe("bad input: a clear coded error each, and the old set stays live", () => {
  test("a truncated artifact", async () => {
    const error = await reloadAfter(async (host) => {
      const text = await artifact(host);
      await host.project.write({ "bin/alpha.js": text.slice(0, text.length / 2) });
    });
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_ARTIFACT", phase: "scan" });
    expect(error.message).toContain("damaged");
  });

  test("a wrong hash", async () => {
    const error = await reloadAfter(async (host) => {
      const text = await artifact(host);
      await host.project.write({ "bin/alpha.js": text.replace("version: () => 1", "version: () => 3") });
    });
    expect(error).toMatchObject({ code: "HOTSWAP_INVALID_ARTIFACT", phase: "scan" });
  });

  test("a foreign .js file", async () => {
    const error = await reloadAfter((host) => host.project.write({ "bin/foreign.js": "console.log('no artifact')" }));
    expect(error.code).toBe("HOTSWAP_INVALID_ARTIFACT");
    expect(error.message).toContain("foreign.js is not a hotswap artifact");
  });

  test("an empty .js file", async () => {
    const error = await reloadAfter((host) => host.project.write({ "bin/empty.js": "" }));
    expect(error.code).toBe("HOTSWAP_INVALID_ARTIFACT");
  });

  test("an artifact of a newer format", async () => {
    const error = await reloadAfter(async (host) => {
      const text = await artifact(host);
      await host.project.write({ "bin/alpha.js": text.replace("//! hotswap 1 ", "//! hotswap 2 ") });
    });
    expect(error.code).toBe("HOTSWAP_INVALID_ARTIFACT");
    expect(error.message).toContain("made by a newer hotswap");
  });

  test("a plugin folder that is a file", async () => {
    const error = await reloadAfter((host) => {
      host.swapper.resetPluginDir(host.project.path("bin/alpha.js"));
      return Promise.resolve();
    });
    expect(error).toMatchObject({ code: "HOTSWAP_PLUGIN_DIR_NOT_FOUND", phase: "scan" });
  });

  test.skipIf(process.getuid?.() === 0)("an unreadable folder", async () => {
    const error = await reloadAfter((host) => chmod(host.project.out, 0));
    expect(error.code).toBe("HOTSWAP_PLUGIN_DIR_NOT_FOUND");
  });

  test("a host module that is gone, and one that lacks a name", async () => {
    const using = `import { definePlugin } from "hotswap"; import { tool } from "../../tool";
      export default definePlugin({ functions: { version: () => tool } });`;
    const missing = await reloadAfter(async (host) => {
      await host.project.write({ "tool.ts": "export const tool = 1;" });
      await host.change("alpha", using);
      await host.project.remove("tool.ts");
    });
    expect(missing).toMatchObject({ code: "HOTSWAP_INVALID_IMPORT", plugin: "alpha", phase: "load" });
    expect(missing.message).toContain("./tool.ts");
    const lacking = await reloadAfter(async (host) => {
      await host.project.write({ "tool.ts": "export const tool = 1;" });
      await host.change("alpha", using);
      await host.project.write({ "tool.ts": "export const tools = 1;" });
    });
    expect(lacking.message).toContain(
      `imports "tool" from the host module ./tool.ts, which has no such export (did you mean "tools"?)`,
    );
  });
});
