import { afterEach, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { plugin, serveHost, type ServedHost, serveOn } from "./served-host.ts";

/** What a handler sees of the host's stores, and what Bun gave it. */
const web = plugin(
  1,
  `seen: (...params: unknown[]) => new Response(wish("store")() + ", " + params.length),
   later: async () => { await Promise.resolve(); return new Response(wish("store")() + ", later"); },
   port: (_request: Request, server: any) => new Response(String(server?.port)),`,
);

const store = new AsyncLocalStorage<string>();
const plain: Bun.Server<undefined>[] = [];

afterEach(() => Promise.all(plain.splice(0).map((server) => server.stop(true))));

/** Plain Bun.serve with the same handlers. */
function plainServer(): Bun.Server<undefined> {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (...params: unknown[]) => new Response(`${store.getStore()}, ${params.length}`),
    routes: {
      "/later": async () => {
        await Promise.resolve();
        return new Response(`${store.getStore()}, later`);
      },
    },
  });
  plain.push(server);
  return server;
}

async function servedHost(): Promise<ServedHost> {
  const served = await serveHost({ web }, { fetch: "web.seen", routes: { "/later": "web.later" } });
  served.wish("store", () => store.getStore());
  return served;
}

const asked = async (server: { readonly url: URL }): Promise<string[]> =>
  Promise.all(["/", "/later"].map(async (path) => (await fetch(new URL(path, server.url))).text()));

test("handlers see the AsyncLocalStorage stores of who called serve(), as with Bun.serve", async () => {
  await using served = await servedHost();
  const { host } = served;
  const routes = { "/later": "web.later" } as const;
  const ours = store.run("started", () => serveOn(host, { fetch: "web.seen", routes }));
  const theirs = store.run("started", () => plainServer());
  expect(await asked(served.server)).toEqual(await asked(plainServer()));
  expect(await store.run("client", () => asked(ours))).toEqual(["started, 2", "started, later"]);
  expect(await asked(ours)).toEqual(await asked(theirs));
  store.run("reloaded", () => ours.reload({ fetch: "web.seen", routes }));
  await served.reload("web", web);
  expect(await asked(ours)).toEqual(["reloaded, 2", "reloaded, later"]);
  await ours.stop(true);
});

test("server.fetch() calls a handler without a server, with the stores of its caller, as with Bun.serve", async () => {
  await using served = await servedHost();
  const theirs = plainServer();
  for (const server of [served.server, theirs] as const) {
    expect(await (await store.run("caller", () => server.fetch("/")))?.text()).toBe("caller, 1");
    expect(await (await server.fetch("/"))?.text()).toBe("undefined, 1");
  }
});

test("the server is there for requests that come after a server.fetch()", async () => {
  await using served = await serveHost({ web }, { fetch: "web.port" });
  expect(await (await served.server.fetch("/")).text()).toBe("undefined");
  expect(await served.ask("/")).toEqual([200, String(served.server.port)]);
});

test("server.fetch() rejects with what the handler throws, which is logged, and gets 503 where there is none", async () => {
  const failing = plugin(
    1,
    `fail: () => { throw new Error("broken"); }, late: async () => { throw new Error("broken late"); }`,
  );
  await using served = await serveHost({ web: failing }, { fetch: "web.fail" });
  await expect(Promise.try(() => served.server.fetch("/"))).rejects.toThrow("broken");
  served.server.reload({ fetch: "web.late" });
  await expect(Promise.try(() => served.server.fetch("/"))).rejects.toThrow("broken late");
  served.server.reload({ fetch: "web.absent" });
  expect((await served.server.fetch("/")).status).toBe(503);
  expect(served.logger.of("error")).toEqual([
    "web#1: fail() failed: broken",
    "web#1: late() failed: broken late",
    expect.stringContaining("web.absent"),
  ]);
});
