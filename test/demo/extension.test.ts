import { expect, test } from "bun:test";
import { DemoCopy } from "./demo-copy.ts";

const steak = `menu.add({ name: "steak", price: 12, cook: "grill" });`;

test("7.2, 11 extension: a reload replaces the menu by what the new plugins offer, in the same process", async () => {
  await using demo = await DemoCopy.create("extension");
  await using server = await demo.start();
  expect(await server.lines()).toEqual([
    expect.stringMatching(/^bakery   build \S+  reload 0  a loaf of bread for 2 coins$/),
    expect.stringMatching(/^grill    build \S+  reload 0  a grilled steak for 12 coins$/),
    expect.stringMatching(/^grill    build \S+  reload 0  a grilled corn for 4 coins$/),
  ]);
  await demo.edit("plugin/grill/index.ts", steak, `menu.add({ name: "trout", price: 9, cook: "grill" });`);
  expect((await demo.reload()).code).toBe(0);
  await server.child.line(/^grill    build \S+  reload 1  a grilled trout for 9 coins$/);
  expect((await server.lines()).join("\n")).not.toContain("steak");
  expect(await server.status()).toEqual({ demo: "extension", pid: server.pid, reloads: 1 });
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});

test("3.7, 11 extension: a plugin that fails in onInit leaves the menu as it was", async () => {
  await using demo = await DemoCopy.create("extension");
  await using server = await demo.start();
  await demo.edit("plugin/grill/index.ts", `name: "steak"`, `name: "bread"`);
  const { code, stderr } = await demo.reload();
  expect(code).not.toBe(0);
  expect(stderr).toContain("bread is made by bakery already");
  expect((await server.lines()).map((line) => line.replace(/.* {2}/, ""))).toEqual([
    "a loaf of bread for 2 coins",
    "a grilled steak for 12 coins",
    "a grilled corn for 4 coins",
  ]);
});
