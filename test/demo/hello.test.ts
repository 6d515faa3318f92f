import { expect, test } from "bun:test";
import { DemoCopy } from "./demo-copy.ts";

test("11 hello shows a changed plugin in the same process: module state begins anew, the host's goes on", async () => {
  await using demo = await DemoCopy.create("hello");
  await using server = await demo.start();
  expect(await server.lines()).toEqual([
    expect.stringMatching(/^english  build \S+  reload 0  Hello, world! \d+ by this build, \d+ in all$/),
    expect.stringMatching(/^german   build \S+  reload 0  Hallo, world! \d+ by this build, \d+ in all$/),
  ]);
  await demo.edit("plugin/english/index.ts", "Hello", "Good morning");
  const { code, stdout } = await demo.reload();
  expect(code).toBe(0);
  expect(stdout).toContain("reloaded: english: ok, german: ok");
  const line = await server.child.line(/^english .* reload 1 /);
  const [, ofBuild, all] = /Good morning, world! (\d+) by this build, (\d+) in all$/.exec(line) ?? [];
  expect(ofBuild).toBe("1");
  expect(Number(all)).toBeGreaterThan(4);
  expect(await server.status()).toEqual({ demo: "hello", pid: server.pid, reloads: 1 });
  expect(await server.stop()).toBe(0);
  expect(await demo.leftovers()).toEqual([]);
});
