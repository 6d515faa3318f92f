import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { DemoCopy } from "./demo-copy.ts";

test("11 slink without static linking reloads a changed plugin in the same process", async () => {
  await using demo = await DemoCopy.create("slink");
  await using server = await demo.start();
  expect(await server.lines()).toEqual([expect.stringMatching(/^greeter  build \S+  reload 0  Good \w+, world!$/)]);
  await demo.edit("plugin/greeter/index.ts", "Good ", "Very good ");
  expect((await demo.reload()).code).toBe(0);
  await server.child.line(/^greeter  build \S+  reload 1  Very good \w+, world!$/);
  expect(await server.status()).toEqual({ demo: "slink", pid: server.pid, reloads: 1 });
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});

test("10.2, 11 slink with static linking says the same, and refuses to reload", async () => {
  await using demo = await DemoCopy.create("slink");
  await using server = await demo.start("--static");
  expect(server.child.stderr).toContain("plugins are linked statically: they cannot be reloaded");
  expect(await server.lines()).toEqual([expect.stringMatching(/^greeter  build static  reload 0  Good \w+, world!$/)]);
  await writeFile(demo.path("bin", "reload"), "");
  expect(await server.child.errorLine(/HotswapError/)).toContain(
    "reload() needs plugins that are loaded from a folder, and these are linked statically",
  );
  expect(await server.lines()).toEqual([expect.stringContaining("reload 0")]);
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});
