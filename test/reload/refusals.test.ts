import { mkdir, rm } from "node:fs/promises";
import { describe, expect, test } from "bun:test";
import type { DataStore, SwapperOptions } from "hotswap";
import { createHost, hotswapError, journalPlugin } from "../support/host.ts";

const brokenStore: DataStore = {
  load: () => {
    throw new Error("disk full");
  },
  save: () => Promise.resolve(),
  close: () => Promise.resolve(),
} as unknown as DataStore;

const intact = (): Promise<void> => Promise.resolve();

describe("3.7 what is refused says in which phase", () => {
  test.each<[string, string, SwapperOptions<undefined>, (out: string) => Promise<unknown>]>([
    ["a plugin folder that is not there", "scan", {}, (out) => rm(out, { recursive: true })],
    ["a file that is no artifact", "scan", {}, (out) => Bun.write(`${out}/beta.js`, "export default 1;")],
    ["a folder that is named like an artifact", "scan", { whitelist: ["beta"] }, (out) => mkdir(`${out}/beta.js`)],
    ["a whitelist with a name that is missing", "scan", { whitelist: ["beta"] }, intact],
    ["a key that cannot be read", "scan", { trust: ["/nowhere/key.pem"] }, intact],
    ["a file that is too large", "scan", { maxArtifactSize: 10 }, intact],
    ["a store that cannot be read", "vault", { vault: { store: brokenStore } }, intact],
  ])("%s: %s", async (_, phase, options, spoil) => {
    await using host = await createHost({ alpha: journalPlugin("alpha") }, options);
    await spoil(host.project.out);
    for (const attempt of [() => host.swapper.loadPlugins(), () => host.swapper.prepare()]) {
      expect((await hotswapError(attempt())).phase as string).toBe(phase);
      expect(host.swapper.reloads.at(-1)).toMatchObject({ ok: false, error: { phase } });
    }
  });
});

test("3.20 a listener that throws or rejects changes nothing, and is logged", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha") });
  host.swapper.subscribe(() => {
    throw new Error("thrown");
  });
  host.swapper.subscribe((async ({ type }) => {
    if (type === "end") throw new Error("rejected");
  }) as Parameters<typeof host.swapper.subscribe>[0]);
  expect(String(await host.swapper.loadPlugins())).toBe("alpha: ok");
  await host.logger.line(/a listener of reloads failed: rejected/);
  expect(host.logger.of("error").some((line) => line.endsWith("failed: thrown"))).toBe(true);
});
