import { expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { DemoCopy } from "./demo-copy.ts";

const alphaOne = `say("alpha", BUILD_MARK, "one")`;
const alphaUno = `say("alpha", BUILD_MARK, "uno")`;

test("11 trine/reload.ts alone starts a server, reloads it under load, shows old and new, and leaves nothing", async () => {
  await using demo = await DemoCopy.create("trine");
  const { code, stdout, stderr } = await demo.reload();
  expect(stderr).toBe("");
  expect(code).toBe(0);
  const [, before = "", old] = /before:\n((?:.*build (\S+)  reload 0 .*\n){3})/.exec(stdout) ?? [];
  const [, after = "", fresh] = /after:\n((?:.*build (\S+)  reload 1 .*\n){3})/.exec(stdout) ?? [];
  expect(before.match(/^\w+/gm)).toEqual(["alpha", "beta", "gamma"]);
  expect(after.match(/^\w+/gm)).toEqual(["alpha", "beta", "gamma"]);
  expect(fresh).not.toBe(old);
  expect(stdout).toContain("reloaded under load: alpha: ok, beta: ok, gamma: ok");
  expect(Number(/(\d+) served, 0 failed, 0 that saw a mixture of builds/.exec(stdout)?.[1])).toBeGreaterThan(400);
  const pid = Number(/started the server: process (\d+)/.exec(stdout)?.[1]);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(await demo.leftovers()).toEqual([]);
});

test.skipIf(process.platform === "win32")(
  "11 trine reloads on SIGUSR2: the new code answers in the same process, through two plugins that did not change",
  async () => {
    await using demo = await DemoCopy.create("trine");
    await using server = await demo.start();
    expect((await server.lines())[0]).toMatch(/^alpha .* reload 0  one$/);
    await demo.edit("plugin/alpha/index.ts", alphaOne, alphaUno);
    await demo.build("alpha", "by-signal");
    server.child.kill("SIGUSR2");
    await server.child.line(/^alpha    build by-signal  reload 1  uno$/);
    await server.child.line(/^gamma .* reload 1  two and one is three$/);
    expect(await server.status()).toEqual({ demo: "trine", pid: server.pid, reloads: 1 });
    expect(await server.stop()).toBe(0);
    expect(await demo.leftovers()).toEqual([]);
  },
);

test("11 trine reloads once for each signal file, and takes it away", async () => {
  await using demo = await DemoCopy.create("trine");
  await using server = await demo.start();
  for (const reload of [1, 2]) {
    await demo.build("alpha", `by-file-${reload}`);
    await writeFile(demo.path("bin", "reload"), "");
    await server.child.line(new RegExp(`^alpha    build by-file-${reload}  reload ${reload}  one$`));
  }
  expect(await server.status()).toEqual({ demo: "trine", pid: server.pid, reloads: 2 });
  await server.stop();
  expect(await demo.leftovers()).toEqual([]);
});

test("11 trine/reload.ts finds a running server, reloads it with changed source and leaves it running", async () => {
  await using demo = await DemoCopy.create("trine");
  await using server = await demo.start();
  await demo.edit("plugin/alpha/index.ts", alphaOne, alphaUno);
  const { code, stdout } = await demo.reload();
  expect(code).toBe(0);
  expect(stdout).toContain(`found the server: process ${server.pid}`);
  expect(stdout).toMatch(/after:\nalpha .* reload 1  uno\n/);
  expect((await server.lines())[0]).toMatch(/^alpha .* reload 1  uno$/);
});

test("11 trine/reload.ts starts a server of its own when the pid file is that of another process", async () => {
  await using demo = await DemoCopy.create("trine");
  using stranger = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("I am no demo") });
  await demo.project.write({ "demo/trine/bin/pid": String(process.pid), "demo/trine/bin/url": stranger.url.origin });
  const { code, stdout } = await demo.reload();
  expect(code).toBe(0);
  expect(stdout).toContain("started the server");
});

test("11 trine/reload.ts fails when the reload does, and the old code goes on serving", async () => {
  await using demo = await DemoCopy.create("trine");
  await using server = await demo.start();
  await demo.edit(
    "plugin/alpha/index.ts",
    "definePlugin({",
    `definePlugin({ onLoad() { throw new Error("not today"); },`,
  );
  const { code, stderr } = await demo.reload();
  expect(code).not.toBe(0);
  expect(stderr).toContain("not today");
  expect(await server.status()).toEqual({ demo: "trine", pid: server.pid, reloads: 1 });
  expect((await server.lines())[0]).toMatch(/^alpha .* reload 0  one$/);
});

test("11 trine/reload.ts fails when a plugin cannot be built, and the old code goes on serving", async () => {
  await using demo = await DemoCopy.create("trine");
  await using server = await demo.start();
  await demo.edit("plugin/beta/two.ts", "export function two", "export functoin two");
  const { code, stderr } = await demo.reload();
  expect(code).not.toBe(0);
  expect(stderr).toContain("two.ts");
  expect((await server.lines())[0]).toMatch(/^alpha .* reload 0  one$/);
});

test("11 trine/reload.ts fails when the server that it starts does not come up", async () => {
  await using demo = await DemoCopy.create("trine");
  await demo.edit(
    "plugin/alpha/index.ts",
    "definePlugin({",
    `definePlugin({ onLoad() { throw new Error("not today"); },`,
  );
  const { code, stderr } = await demo.reload();
  expect(code).not.toBe(0);
  expect(stderr).toContain("not today");
  expect(stderr).toContain("the server did not start");
  expect(await demo.leftovers()).toEqual([]);
});

test("11 trine/reload.ts fails when a request does", async () => {
  await using demo = await DemoCopy.create("trine");
  await using server = await demo.start();
  await demo.edit("plugin/alpha/index.ts", "return [", `if (BUILD_MARK) throw new Error("too late"); return [`);
  const { code, stdout, stderr } = await demo.reload();
  expect(code).not.toBe(0);
  expect(stdout).toContain("reloaded under load");
  expect(stderr).toContain("answered 500");
  expect(server.child.stderr).toContain("too late");
});
