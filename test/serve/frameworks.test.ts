import { expect, test } from "bun:test";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { createHost } from "../support/host.ts";
import { Client } from "./client.ts";
import { ServedHost, serveOn } from "./served-host.ts";

const modules = join(import.meta.dir, "..", "..", "node_modules");

/** Serves a plugin whose code imports a framework, which is a package of the host's. */
async function serveFramework(framework: string, source: string): Promise<ServedHost> {
  const host = await createHost({});
  await symlink(join(modules, framework), host.project.path("node_modules", framework), "dir");
  await host.change("web", source);
  await host.swapper.loadPlugins();
  return new ServedHost(
    host,
    serveOn(host, { fetch: "web.fetch", websocket: { plugin: "web" }, versionHeader: "x-hotswap" }),
  );
}

/** An app in Hono: parameters, a middleware, JSON, server-sent events, an error of its own, and the address of the client. */
const hono = (version: number): string => `
import { definePlugin, type ServerHandle } from "hotswap";
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import { streamSSE } from "hono/streaming";
import { wishes } from "../../journal";

const app = new Hono<{ Bindings: { server: ServerHandle } }>();
app.use(async (context, next) => {
  await next();
  context.header("x-app", "version ${version}");
});
app.get("/hello/:name", (context) => context.text("Hello, " + context.req.param("name") + ", from ${version}"));
app.post("/sum", async (context) => {
  const numbers = await context.req.json<number[]>();
  return context.json({ sum: numbers.reduce((sum, number) => sum + number, 0), by: ${version} });
});
app.get("/events", (context) => streamSSE(context, async (stream) => {
  for (let id = 1; await (wishes.get("next") as any)(); id++) await stream.writeSSE({ data: "${version}." + id });
}));
app.get("/client", (context) => context.text(String(getConnInfo(context).remote.address)));
app.get("/fail", () => { throw new Error("the app's own"); });
app.onError((error, context) => context.text("caught: " + error.message, 500));
app.get("/socket", ({ req, env }) => env.server.upgrade(req.raw) ? new Response(null) : new Response("", { status: 426 }));

export default definePlugin({
  functions: {
    // The second argument is what Hono calls env.
    fetch: (request: Request, server: ServerHandle) => app.fetch(request, { server }),
    message: (socket: Bun.ServerWebSocket, frame: string) => { socket.send(frame + " by ${version}"); },
  },
});
`;

/** An app in Elysia: parameters, a validated body, a generator, hooks and an error of its own. */
const elysia = (version: number): string => `
import { definePlugin } from "hotswap";
import { Elysia, t } from "elysia";
import { wishes } from "../../journal";

const app = new Elysia()
  .onAfterHandle(({ set }) => { set.headers["x-app"] = "version ${version}"; })
  .onError(({ code, error, status }) => (code === "UNKNOWN" ? status(500, "caught: " + error.message) : undefined))
  .get("/hello/:name", ({ params }) => "Hello, " + params.name + ", from ${version}")
  .post("/sum", ({ body }) => ({ sum: body.reduce((sum, number) => sum + number, 0), by: ${version} }), {
    body: t.Array(t.Number()),
  })
  .get("/events", async function* () {
    for (let id = 1; await (wishes.get("next") as any)(); id++) yield "${version}." + id + " ";
  })
  .get("/fail", () => { throw new Error("the app's own"); });

export default definePlugin({ functions: { fetch: (request: Request) => app.handle(request) } });
`;

/** What both apps can do, before and after a reload. */
async function exercise(served: ServedHost, version: number): Promise<void> {
  const hello = await served.fetch("/hello/Ada");
  expect(await hello.text()).toBe(`Hello, Ada, from ${version}`);
  expect(hello.headers.get("x-app")).toBe(`version ${version}`);
  expect(hello.headers.get("x-hotswap")).toBe(`web#${version}`);
  const sum = { method: "POST", body: "[1,2,3]", headers: { "content-type": "application/json" } };
  expect(await served.ask("/sum", sum)).toEqual([200, JSON.stringify({ sum: 6, by: version })]);
  expect(await served.ask("/fail")).toEqual([500, "caught: the app's own"]);
  expect((await served.ask("/nowhere"))[0]).toBe(404);
}

/** A stream that begins in version 1 and goes on while version 2 is loaded. */
async function streamOverReload(served: ServedHost, reload: () => Promise<void>): Promise<string> {
  const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()];
  let asked = 0;
  served.wish("next", () => gates[asked++]?.promise);
  gates[0]?.resolve(true);
  const response = await served.fetch("/events");
  const text = response.text();
  await reload();
  gates[1]?.resolve(true);
  gates[2]?.resolve(false);
  return text;
}

test("a Hono app that a plugin exports is reloaded under its clients", async () => {
  await using served = await serveFramework("hono", hono(1));
  await exercise(served, 1);
  const client = await Client.connect(served.server.url, "/socket");
  expect(await client.ask("hi")).toBe("hi by 1");
  const events = await streamOverReload(served, () => served.reload("web", hono(2)));
  expect(events).toBe("data: 1.1\n\ndata: 1.2\n\n");
  await exercise(served, 2);
  expect(await client.ask("hi")).toBe("hi by 2");
  expect(await served.ask("/client")).toEqual([200, "127.0.0.1"]);
  await served.swapper.drained();
  expect(served.logger.of("error")).toEqual([]);
});

test("an Elysia app that a plugin exports is reloaded under its clients", async () => {
  await using served = await serveFramework("elysia", elysia(1));
  await exercise(served, 1);
  const wrong = { method: "POST", body: `["one"]`, headers: { "content-type": "application/json" } };
  expect((await served.ask("/sum", wrong))[0]).toBe(422);
  const events = await streamOverReload(served, () => served.reload("web", elysia(2)));
  expect(events).toBe("1.1 1.2 ");
  await exercise(served, 2);
  await served.swapper.drained();
  expect(served.logger.of("error")).toEqual([]);
});
