import { expect, test } from "bun:test";
import { io } from "socket.io-client";
import { statusOf } from "../../src/control/answers.ts";
import { loadApp } from "../soak/serve-load.ts";
import { buildApp, type Framework, serveApp } from "./app-host.ts";
import { Client } from "./client.ts";
import type { ServedHost } from "./served-host.ts";

async function update(served: ServedHost, framework: Framework, version: number): Promise<void> {
  await buildApp(served.host, framework, version);
  expect(String(await served.swapper.reload())).toBe(`${framework}: ok`);
}

const json = (body: unknown) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", "x-name": "Ada" },
});

/** What the app's routes and its middleware say. */
const hello: Record<Framework, (served: ServedHost, version: number) => Promise<void>> = {
  hono: helloOverHttp,
  elysia: helloOverHttp,
  async socketio(served, version) {
    expect(await served.ask("/version")).toEqual([200, String(version)]);
    const options = { transports: ["websocket"], reconnection: false, forceNew: true, query: { name: "nobody" } };
    const refused = io(served.server.url.origin, options);
    const error = await new Promise<Error>((resolve) => refused.on("connect_error", resolve));
    refused.close();
    expect(error.message).toBe("who are you?");
  },
  async trpc(served, version) {
    const headers = { "x-name": "Ada" };
    expect(await served.ask("/trpc/hello", { headers })).toEqual([
      200,
      JSON.stringify({ result: { data: `Hello, Ada, from ${version}` } }),
    ]);
    const [, ticks] = await served.ask("/trpc/ticks");
    expect(ticks).toContain(`data: "3 by ${version}"`);
  },
  async orpc(served, version) {
    expect(await served.ask("/rpc/hello", json({}))).toEqual([
      200,
      JSON.stringify({ json: `Hello, Ada, from ${version}` }),
    ]);
  },
  async yoga(served, version) {
    expect(await served.ask("/graphql", json({ query: "{ version hello }" }))).toEqual([
      200,
      JSON.stringify({ data: { version, hello: `Hello, Ada, from ${version}` } }),
    ]);
    const ticks = await served.fetch("/graphql?query=subscription{ticks}", {
      headers: { accept: "text/event-stream" },
    });
    expect(await ticks.text()).toContain(`3 by ${version}`);
  },
};

async function helloOverHttp(served: ServedHost, version: number): Promise<void> {
  const answer = await served.fetch("/hello/Ada");
  expect(await answer.text()).toBe(`Hello, Ada, from ${version}`);
  expect(answer.headers.get("x-app")).toBe(`version ${version}`);
  expect(answer.headers.get("x-hotswap")).toContain(`#${version}`);
  const sum = { method: "POST", body: "[1,2,3]", headers: { "content-type": "application/json" } };
  expect(await served.ask("/sum", sum)).toEqual([200, JSON.stringify({ sum: 6, by: version })]);
  expect(await served.ask("/fail")).toEqual([500, "caught: the app's own"]);
  expect((await served.ask("/nowhere"))[0]).toBe(404);
}

/** Reloads while the app streams: the whole of what it answered. */
async function streamOverReload(served: ServedHost, framework: Framework, version: number): Promise<string> {
  const reloaded = Promise.withResolvers<void>();
  using upstream = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(
        (async function* body() {
          yield "one";
          await reloaded.promise;
          yield "two";
        })(),
      ),
  });
  const response = await served.fetch(`/events?from=${encodeURIComponent(upstream.url.href)}`);
  const text = response.text();
  await update(served, framework, version);
  reloaded.resolve();
  await text;
  await upstream.stop(true);
  return text;
}

for (const framework of Object.keys(hello) as Framework[]) {
  test(`${framework}: an app that a plugin exports is reloaded under its clients`, async () => {
    await using served = await serveApp(framework);
    await hello[framework](served, 1);
    await update(served, framework, 2);
    await hello[framework](served, 2);
    await served.swapper.drained();
    expect(served.logger.of("error")).toEqual([]);
  });
}

test("streams of Hono and Elysia end in the version in which they began", async () => {
  await using hono = await serveApp("hono");
  expect(await streamOverReload(hono, "hono", 2)).toBe("data: one by 1\n\ndata: two by 1\n\n");
  await using elysia = await serveApp("elysia");
  expect(await streamOverReload(elysia, "elysia", 2)).toBe("one by 1, two by 1, ");
});

const numberOf = (served: ServedHost, state: string): number[] =>
  served.swapper.generations.filter((generation) => generation.state === state).map(({ number }) => number);

for (const framework of ["hono", "elysia"] as const) {
  test(`${framework}: a socket stays with the version that opened it, which goes when it closes`, async () => {
    await using served = await serveApp(framework);
    const first = await Client.connect(served.server.url, "/socket");
    expect(await first.next()).toBe("open by 1");
    await update(served, framework, 2);
    const second = await Client.connect(served.server.url, "/socket");
    expect(await second.next()).toBe("open by 2");
    expect(await first.ask("hi")).toBe("hi by 1");
    expect(await second.ask("hi")).toBe("hi by 2");
    expect(served.swapper.generations.map(({ number, state, sockets }) => [number, state, sockets])).toEqual([
      [1, "draining", 1],
      [2, "live", 1],
    ]);
    const { sockets } = statusOf(served.swapper);
    expect(sockets).toEqual({ carried: 0, pinned: 2 });
    first.close(1000, "done");
    await served.swapper.drained();
    expect(numberOf(served, "draining")).toEqual([]);
    expect(await second.ask("still here")).toBe("still here by 2");
    expect(served.logger.of("error")).toEqual([]);
  });
}

test("socket.io: as a client sees it", async () => {
  await using served = await serveApp("socketio", 1);
  const connect = () =>
    io(served.server.url.origin, { transports: ["websocket"], reconnectionDelay: 10, forceNew: true });
  const client = connect();
  const heard: string[] = [];
  const next = async (text: string): Promise<void> => {
    while (!heard.includes(text)) await new Promise((resolve) => client.once("said", resolve));
  };
  client.on("said", (text: string) => heard.push(text));
  await next("open by 1");
  expect(await client.emitWithAck("say", "hi")).toBe("heard by 1");
  // After drainTimeout it is closed with 1012, and connects again by itself: to the new version.
  await update(served, "socketio", 2);
  await next("open by 2");
  expect(await client.emitWithAck("say", "hi")).toBe("heard by 2");
  expect(served.logger.of("warn").join("\n")).toContain(
    "socketio#1: its set is retired, so 1 of its sockets is closed with 1012 (service restart)",
  );
  client.close();
});

test("socket.io: long polling", async () => {
  await using served = await serveApp("socketio");
  const client = io(served.server.url.origin, { transports: ["polling"], forceNew: true });
  expect(await client.emitWithAck("say", "hi")).toBe("heard by 1");
  client.close();
});

for (const framework of Object.keys(hello) as Framework[]) {
  test(`${framework}: 5 reloads under load: no failed request, sockets as said, nothing left`, async () => {
    const { requests, failures } = await loadApp(framework, 5);
    expect(failures).toEqual([]);
    expect(requests).toBeGreaterThan(0);
  });
}
