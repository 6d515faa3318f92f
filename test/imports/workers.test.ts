import { expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { createBuilder } from "../../src/build/index.ts";
import { createHost } from "../support/host.ts";

const alpha = `import { definePlugin } from "hotswap";
export default definePlugin({
  functions: {
    ask(n: number): Promise<unknown> {
      const worker = new Worker(new URL("./lib/worker.ts", import.meta.url), { name: "asked" });
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(n);
      return promise;
    },
  },
});
`;
const files = {
  "plugin/alpha/lib/worker.ts": `import { twice } from "./twice";
import { step, count, add } from "../../../host/counter.ts";
import { isMainThread } from "node:worker_threads";
declare const self: Worker;
self.onmessage = async ({ data }: MessageEvent<number>) => {
  add();
  const late = await import(["../../../host", "late.ts"].join("/"));
  postMessage([twice(data) + step, count, late.late, isMainThread, import.meta.file]);
};`,
  "plugin/alpha/lib/twice.ts": "export const twice = (n: number): number => n * 2;",
  "host/counter.ts": "export const step = 1; export let count = 0; export const add = () => ++count;",
  "host/late.ts": `export const late = "late";`,
};

test.each(["build", "builder"])(
  "2.9 a worker's code comes with the artifact, and works without the sources: %s",
  async (way) => {
    await using host = await createHost({ alpha }, {}, files);
    const { project, swapper } = host;
    if (way === "builder") {
      await createBuilder({ pluginDir: project.path("plugin/alpha"), outputDir: project.out }).build();
    }
    await rm(project.path("plugin"), { recursive: true });
    await swapper.loadPlugins();
    const plugin = swapper.current?.findPlugin("alpha");
    for (const n of [1, 2]) {
      expect(await plugin?.invokeFunc("ask", n)).toEqual([n * 2 + 1, 1, "late", false, "worker.ts"]);
    }
  },
);
