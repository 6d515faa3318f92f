import { createHost, type Host } from "../support/host.ts";

/** A host whose plugin was called: 3 times `add`, 2 times `fail`, and once `later`, which is slow; reloaded once, refused once. */
export async function countedHost(): Promise<Host> {
  const source = (version: number): string => `
import { definePlugin } from "hotswap";
export default definePlugin({
  functions: {
    add: (a: number) => a + ${version},
    fail: () => { throw new TypeError("no"); },
    later: async () => { await new Promise((resolve) => setTimeout(resolve, 20)); },
  },
});`;
  const host = await createHost({ worker: source(1) }, { observe: "calls" });
  await host.swapper.loadPlugins();
  const worker = host.swapper.current?.findPlugin("worker");
  for (let index = 0; index < 3; index++) worker?.invokeFunc("add", index);
  for (let index = 0; index < 2; index++) {
    try {
      worker?.invokeFunc("fail");
    } catch {
      // Counted by the host.
    }
  }
  await worker?.invokeFunc("later");
  await host.change("worker", source(2));
  await host.swapper.reload();
  await host.change("worker", source(3));
  await host.swapper.reload(undefined, () => Promise.reject(new Error("refused"))).catch(() => {});
  return host;
}
