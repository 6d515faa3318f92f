import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { serveDashboard } from "../../src/dashboard/serve.ts";
import { SocketPath } from "../control/controlled-host.ts";
import { Child } from "../support/child.ts";
import { createHost, journalPlugin } from "../support/host.ts";
import { createProject } from "../support/project.ts";
import { createShown, failingPlugin } from "./shown.ts";
import { Viewer } from "./viewer.ts";

const trine = {
  alpha: journalPlugin("alpha"),
  beta: journalPlugin("beta", ["alpha"]),
  gamma: journalPlugin("gamma", ["beta"]),
};

const plain = `import { definePlugin } from "hotswap"; export default definePlugin({});`;

const waiting = `
import { definePlugin } from "hotswap";
import { wishes } from "../../journal";
export default definePlugin({ functions: { wait: () => wishes.get("waiting") } });
export function live_Announce() {}
`;

describe("what the page is told", () => {
  test("a new viewer gets everything at once", async () => {
    await using shown = await createShown({ ...trine, waiting });
    shown.host.swapper.current?.vault.dataBag.set("players", []);
    await using viewer = await Viewer.open(shown.url);
    expect(viewer.response.headers.get("content-type")).toStartWith("text/event-stream");
    const feed = await viewer.until(({ host, vault }) => host.state === "up" && vault?.keys.includes("players"));
    expect(feed.settings).toEqual({ allowReload: false, target: shown.socket });
    expect(feed.status).toMatchObject({ pid: process.pid, bun: Bun.version, reloadCounter: 0 });
    expect(feed.status?.plugins.map(({ name, deps }) => [name, deps])).toEqual([
      ["alpha", []],
      ["waiting", []],
      ["beta", ["alpha"]],
      ["gamma", ["beta"]],
    ]);
    expect(feed.status).not.toHaveProperty("uptime");
    expect(feed.generations.map(({ plugin, number, state }) => [plugin, number, state])).toEqual([
      ["alpha", 1, "live"],
      ["beta", 1, "live"],
      ["gamma", 1, "live"],
      ["waiting", 1, "live"],
    ]);
    expect(feed.reloads).toMatchObject([{ id: 1, kind: "load", ok: true }]);
    expect(feed.vault).toEqual({ keys: ["players"], liveFuncs: ["live_Announce"], liveTypes: [] });
    expect(feed.running).toBeNull();
  });

  test("a reload is told as it happens: its progress, the new set, and what becomes of the old one", async () => {
    await using shown = await createShown(trine, {}, { freeDelay: 60_000 });
    await using viewer = await Viewer.open(shown.url);
    await viewer.until(({ host }) => host.state === "up");
    await shown.host.change("beta", journalPlugin("beta", ["alpha"], 2));
    const held = Promise.withResolvers<void>();
    shown.host.wishes.set("beta.onLoad", () => held.promise);
    const reload = shown.host.swapper.reload();
    const during = await viewer.until(({ running }) => running?.phase === "onLoad" && running.total > 0);
    expect(during.running).toMatchObject({ id: 2, kind: "reload", total: 2 });
    held.resolve();
    await reload;
    const after = await viewer.until(({ status, running }) => status?.reloadCounter === 1 && running === null);
    expect(after.status?.plugins.map(({ name, note }) => [name, note])).toEqual([
      ["alpha", "unchanged"],
      ["beta", "ok"],
      ["gamma", "relinked"],
    ]);
    const { generations } = await viewer.until((feed) => feed.generations.some(({ state }) => state === "draining"));
    const old = generations.find(({ plugin, number }) => plugin === "beta" && number === 1);
    expect(old?.state).toBe("draining");
    expect(Object.keys(old?.reached ?? {})).toEqual(["loading", "live", "draining"]);
    expect(old?.reached.draining).toBeGreaterThanOrEqual(old?.reached.live ?? Infinity);
  });

  test("a reload that failed is told with plugin, phase and message, and the set is the one before", async () => {
    await using shown = await createShown(trine);
    await using viewer = await Viewer.open(shown.url);
    await viewer.until(({ host }) => host.state === "up");
    await shown.host.change("gamma", failingPlugin("no <b>luck</b>"));
    await shown.host.swapper.reload().catch(() => {});
    const { reloads, status } = await viewer.until((feed) => feed.reloads.length === 2);
    expect(reloads[1]).toMatchObject({
      ok: false,
      error: { code: "HOTSWAP_HOOK_FAILED", plugin: "gamma", phase: "onInit", message: expect.stringContaining("<b>") },
    });
    expect(status?.reloadCounter).toBe(0);
  });

  test("calls under way are told per generation, also of one that was swapped out", async () => {
    await using shown = await createShown({ waiting });
    await using viewer = await Viewer.open(shown.url);
    await viewer.until(({ host }) => host.state === "up");
    const held = Promise.withResolvers<void>();
    shown.host.wishes.set("waiting", held.promise);
    const call = shown.host.swapper.current?.findPlugin("waiting")?.invokeFunc("wait");
    await viewer.until(({ generations }) => generations[0]?.calls === 1);
    await shown.host.change("waiting", `${waiting}\nexport const changed = true;`);
    await shown.host.swapper.reload();
    const { generations } = await viewer.until((feed) => feed.generations[0]?.state === "draining");
    expect(generations.map(({ number, state, calls }) => [number, state, calls])).toEqual([
      [1, "draining", 1],
      [2, "live", 0],
    ]);
    held.resolve();
    await call;
    await viewer.until(({ generations: [first] }) => first !== undefined && first.calls === 0);
  });

  test("a part that did not change is not told again", async () => {
    await using shown = await createShown(trine);
    await using viewer = await Viewer.open(shown.url);
    await viewer.until(({ host }) => host.state === "up");
    for (let round = 0; round < 3; round++) await shown.host.swapper.reload();
    await viewer.until(({ reloads }) => reloads.length === 4);
    expect(viewer.received).toMatchObject({ settings: 1, host: 2, vault: 2 });
  });
});

describe("a host that goes away and comes back", () => {
  test("is missed, and shown again, with the time line of a new process", async () => {
    await using socket = await SocketPath.create();
    await using board = serveDashboard(socket.path);
    await using viewer = await Viewer.open(board.url);
    const missing = await viewer.until(({ host }) => host.state === "gone");
    expect(missing.host).toMatchObject({ reason: expect.stringContaining(socket.path) });
    expect(missing.status).toBeNull();
    {
      await using host = await createHost({ alpha: journalPlugin("alpha") }, { control: socket.path });
      await host.swapper.loadPlugins();
      await viewer.until((feed) => feed.host.state === "up" && feed.generations.length === 1);
    }
    const gone = await viewer.until(({ host }) => host.state === "gone");
    expect(gone.status?.plugins).toHaveLength(1);
    await using host = await createHost({ beta: journalPlugin("beta") }, { control: socket.path });
    await host.swapper.loadPlugins();
    const back = await viewer.until((feed) => feed.host.state === "up" && feed.status?.plugins[0]?.name === "beta");
    expect(back.generations.some(({ plugin, state }) => plugin === "beta" && state === "live")).toBe(true);
  });

  test.skipIf(process.platform === "win32")("is missed when it is stopped and only keeps silent", async () => {
    await using socket = await SocketPath.create();
    await using project = await createProject({ "plugin/alpha/index.ts": plain });
    await project.build("alpha");
    const holder = join(import.meta.dir, "..", "control", "socket-holder.ts");
    await using child = new Child([process.execPath, holder, "asked", socket.path, project.out], { cwd: project.root });
    await child.line(/^loaded/);
    await using board = serveDashboard(socket.path);
    await using viewer = await Viewer.open(board.url);
    await viewer.until(({ host }) => host.state === "up");
    child.kill("SIGSTOP");
    const { host } = await viewer.until((feed) => feed.host.state === "gone");
    expect(host).toMatchObject({ reason: "it says nothing for 5 s" });
    child.kill("SIGCONT");
    await viewer.until((feed) => feed.host.state === "up");
  });

  test("viewers are told when the dashboard itself ends", async () => {
    await using shown = await createShown(trine);
    await using viewer = await Viewer.open(shown.url);
    await viewer.until(({ host }) => host.state === "up");
    await shown.board.stop();
    await viewer.ended;
  });
});
