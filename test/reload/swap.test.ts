import { expect, test } from "bun:test";
import { createHost, journalPlugin } from "../support/host.ts";

const slow = (version: number): string => `import { definePlugin, dependency } from "hotswap";
  const deps = { alpha: dependency<{ version(): number }>("version") };
  export default definePlugin({ import: () => deps, functions: {
    version: () => ${version},
    async slow(turns: number) {
      const seen = new Set<string>();
      for (let turn = 0; turn < turns; turn++) {
        seen.add(${version} + "/" + deps.alpha.version());
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      return [...seen];
    },
  } });`;

test("3.6 while 200 reloads happen, callers never see a mixture, and a slow call finishes in the set where it began", async () => {
  await using host = await createHost({ alpha: journalPlugin("alpha", [], 0), beta: slow(0) });
  await host.swapper.loadPlugins();
  let reads = 0;
  const reloading = new AbortController();
  const readers = Array.from({ length: 4 }, async () => {
    while (!reloading.signal.aborted) {
      const { current } = host.swapper;
      const alpha = current?.findPlugin("alpha")?.invokeFunc("version");
      const beta = current?.findPlugin("beta")?.invokeFunc("version");
      expect(alpha).toBe(beta as number);
      reads++;
      await Bun.sleep(0);
    }
  });
  const slowCalls: Promise<string[]>[] = [];
  for (let version = 1; version <= 200; version++) {
    slowCalls.push(host.swapper.current?.findPlugin("beta")?.invokeFunc("slow", 20) as Promise<string[]>);
    await Promise.all([host.change("alpha", journalPlugin("alpha", [], version)), host.change("beta", slow(version))]);
    await host.swapper.reload();
  }
  reloading.abort();
  await Promise.all(readers);
  expect(reads).toBeGreaterThan(200);
  for (const [version, call] of slowCalls.entries()) expect(await call).toEqual([`${version}/${version}`]);
  expect(host.swapper.reloadCounter).toBe(200);
});
