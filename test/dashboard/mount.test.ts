import { describe, expect, test } from "bun:test";
import { dashboard } from "hotswap/dashboard";
import type { Plan, Reload } from "../../src/control/protocol.ts";
import { Dashboard } from "../../src/dashboard/handler.ts";
import { ownHost, type ShownHost } from "../../src/dashboard/host/shown-host.ts";
import { Child } from "../support/child.ts";
import { createHost, type Host, journalPlugin } from "../support/host.ts";
import { createProject } from "../support/project.ts";
import { failingPlugin } from "./shown.ts";
import { Viewer } from "./viewer.ts";

async function loaded(): Promise<Host> {
  const host = await createHost({ alpha: journalPlugin("alpha"), beta: journalPlugin("beta", ["alpha"]) });
  await host.swapper.loadPlugins("the host's data");
  return host;
}

/** A server of the host's own, with the dashboard at a path of it. */
function mount(board: Dashboard, path: string): Bun.Server<undefined> {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    routes: { [`${path}*`]: board.fetch, "/": () => new Response("the host's own page") },
  });
}

describe("a dashboard that is mounted in a server of the host's", () => {
  test("serves the page and its feed at its path, and leaves the rest alone", async () => {
    await using host = await loaded();
    using board = dashboard(host.swapper, { path: "/admin/hotswap/" });
    await using server = mount(board, "/admin/hotswap/");
    const page = await fetch(new URL("/admin/hotswap/", server.url));
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    // Every address in it is relative, and leads to a file.
    const links = Array.from((await page.text()).matchAll(/(?:href|src)="(page\.[^"]+)"/g), ([, link]) => link ?? "");
    expect(links).toEqual(["page.css", "page.js"]);
    for (const link of links) expect((await fetch(new URL(link, page.url))).status).toBe(200);
    await using viewer = await Viewer.open(page.url);
    const feed = await viewer.until(({ status, vault }) => status !== null && vault !== null);
    expect(feed).toMatchObject({ settings: { target: `process ${process.pid}` }, host: { state: "up" } });
    expect(await (await fetch(server.url)).text()).toBe("the host's own page");
  });

  test("is found without the slash at the end, and refuses a path that has none", async () => {
    await using host = await loaded();
    using board = dashboard(host.swapper, { path: "/hotswap/" });
    const response = await board.fetch(new Request("http://localhost/hotswap", { headers: { host: "localhost" } }));
    expect([response.status, response.headers.get("location")]).toEqual([308, "/hotswap/"]);
    expect(() => dashboard(host.swapper, { path: "/hotswap" })).toThrow(RangeError);
  });

  test("answers under further names only when they are given", async () => {
    await using host = await loaded();
    const request = (): Request => new Request("http://x/", { headers: { host: "Admin.Example.org:8443" } });
    using closed = dashboard(host.swapper);
    expect((await closed.fetch(request())).status).toBe(421);
    using open = dashboard(host.swapper, { hosts: ["admin.example.org"] });
    expect((await open.fetch(request())).status).toBe(200);
  });

  test("plans, reloads with the data that the host gave, and rolls back, when it may", async () => {
    await using host = await loaded();
    using board = dashboard(host.swapper, { allowReload: true });
    await using server = mount(board, "/");
    const headers = { origin: server.url.origin };
    const post = (path: string): Promise<Response> => fetch(new URL(path, server.url), { method: "POST", headers });
    const data = Promise.withResolvers<unknown>();
    host.wishes.set("alpha.onLoad", () => data.resolve("loaded"));
    await host.change("alpha", journalPlugin("alpha", [], 2));
    const plan = (await (await fetch(new URL("api/plan", server.url))).json()) as Plan;
    expect(plan.plugins.map(({ name, note }) => [name, note])).toEqual([
      ["alpha", "ok"],
      ["beta", "relinked"],
    ]);
    const reload = await post("api/reload");
    expect([reload.status, ((await reload.json()) as Reload).ok]).toEqual([200, true]);
    expect(await data.promise).toBe("loaded");
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(2);
    expect((await post("api/rollback")).status).toBe(200);
    expect(host.swapper.current?.findPlugin("alpha")?.invokeFunc("version")).toBe(1);
  });

  test("answers a reload that failed with its error, and a rollback that is not possible with the reason", async () => {
    await using host = await loaded();
    using board = dashboard(host.swapper, { allowReload: true });
    await using server = mount(board, "/");
    const headers = { origin: server.url.origin };
    const post = (path: string): Promise<Response> => fetch(new URL(path, server.url), { method: "POST", headers });
    const rollback = await post("api/rollback");
    expect([rollback.status, await rollback.json()]).toMatchObject([
      409,
      { error: { code: "HOTSWAP_NOTHING_TO_ROLL_BACK" } },
    ]);
    await host.change("beta", failingPlugin("no luck"));
    const reload = await post("api/reload");
    expect([reload.status, await reload.json()]).toMatchObject([
      409,
      { ok: false, error: { plugin: "beta", phase: "onInit" } },
    ]);
  });

  test("follows the host while somebody looks, and not any longer", async () => {
    await using host = await loaded();
    const following: AbortSignal[] = [];
    const own = ownHost(host.swapper.controlTarget);
    const watched: ShownHost = {
      ...own,
      events(signal) {
        if (signal !== undefined) following.push(signal);
        return own.events(signal);
      },
    };
    using board = new Dashboard(watched, "test");
    await using server = mount(board, "/");
    await (await fetch(server.url)).text();
    expect(following).toHaveLength(0);
    const first = await Viewer.open(server.url.href);
    const second = await Viewer.open(server.url.href);
    await first.until(({ host: { state } }) => state === "up");
    await second.until(({ host: { state } }) => state === "up");
    expect(following).toHaveLength(1);
    await first[Symbol.asyncDispose]();
    const stopped = new Promise((resolve) => following[0]?.addEventListener("abort", resolve));
    await second[Symbol.asyncDispose]();
    await stopped;
    await using third = await Viewer.open(server.url.href);
    await third.until(({ status }) => status?.pid === process.pid);
    expect(following).toHaveLength(2);
  });

  test("refuses everything once it is closed, and ends its feeds", async () => {
    await using host = await loaded();
    const board = dashboard(host.swapper, { path: "/board/" });
    await using server = mount(board, "/board/");
    await using viewer = await Viewer.open(new URL("/board/", server.url).href);
    board.close();
    await viewer.ended;
    expect((await fetch(new URL("/board/", server.url))).status).toBe(503);
  });
});

test("a bundled host carries the page: it needs no file of the package", async () => {
  await using project = await createProject({
    "host.ts": `
import { PluginManagerSwapper } from "hotswap";
import { dashboard } from "hotswap/dashboard";
const board = dashboard(new PluginManagerSwapper("none"));
for (const path of process.argv.slice(2)) {
  const response = await board.fetch(new Request("http://localhost/" + path, { headers: { host: "localhost" } }));
  console.log(response.status, response.headers.get("content-type"), (await response.text()).length > 500);
}
`,
  });
  const { outputs } = await Bun.build({ entrypoints: [project.path("host.ts")], target: "bun" });
  await project.write({ "bundle.js": (await outputs[0]?.text()) ?? "" });
  await project.remove("node_modules");
  await using child = new Child([process.execPath, project.path("bundle.js"), "", "page.js", "page.css"], {
    cwd: project.root,
  });
  expect([await child.exit(), child.stderr]).toEqual([0, ""]);
  expect(child.stdout.trimEnd().split("\n")).toEqual([
    "200 text/html; charset=utf-8 true",
    "200 text/javascript; charset=utf-8 true",
    "200 text/css; charset=utf-8 true",
  ]);
});
