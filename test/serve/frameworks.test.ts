import { expect, test } from "bun:test";
import { join } from "node:path";
import type { FunctionReference } from "hotswap";
import { build } from "../../src/build/index.ts";
import { createHost, type Host } from "../support/host.ts";
import { Client } from "./client.ts";
import { ServedHost, serveOn } from "./served-host.ts";

type Framework = "hono" | "elysia";

/** Builds the app in this framework, a package of the host's, as a plugin of this version. */
async function buildApp({ project }: Host, framework: Framework, version: number): Promise<void> {
  await build({
    pluginDir: join(import.meta.dir, "apps", framework),
    outputDir: project.out,
    buildFlags: ["--define", `VERSION=${version}`],
  });
}

async function serveApp(framework: Framework, routes: Record<string, FunctionReference> = {}): Promise<ServedHost> {
  const host = await createHost({}, { root: join(import.meta.dir, "..", "..") });
  await buildApp(host, framework, 1);
  await host.swapper.loadPlugins();
  const fetch = `${framework}.fetch` as const;
  const server = serveOn(host, { routes, fetch, websocket: { plugin: framework }, versionHeader: "x-hotswap" });
  return new ServedHost(host, server);
}

/** What both apps can do, before and after a reload. */
async function exercise(served: ServedHost, framework: Framework, version: number): Promise<void> {
  const hello = await served.fetch("/hello/Ada");
  expect(await hello.text()).toBe(`Hello, Ada, from ${version}`);
  expect(hello.headers.get("x-app")).toBe(`version ${version}`);
  expect(hello.headers.get("x-hotswap")).toBe(`${framework}#${version}`);
  const sum = { method: "POST", body: "[1,2,3]", headers: { "content-type": "application/json" } };
  expect(await served.ask("/sum", sum)).toEqual([200, JSON.stringify({ sum: 6, by: version })]);
  expect(await served.ask("/fail")).toEqual([500, "caught: the app's own"]);
  expect((await served.ask("/nowhere"))[0]).toBe(404);
}

/** Reloads while the app streams: the whole of what it answered. */
async function streamOverReload(served: ServedHost, framework: Framework): Promise<string> {
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
  await buildApp(served.host, framework, 2);
  expect(String(await served.swapper.reload())).toBe(`${framework}: ok`);
  reloaded.resolve();
  await text;
  await upstream.stop(true);
  return text;
}

test("a Hono app that a plugin exports is reloaded under its clients", async () => {
  await using served = await serveApp("hono", { "/socket": "hono.socket" });
  await exercise(served, "hono", 1);
  const client = await Client.connect(served.server.url, "/socket");
  expect(await client.ask("hi")).toBe("hi by 1");
  expect(await streamOverReload(served, "hono")).toBe("data: one by 1\n\ndata: two by 1\n\n");
  await exercise(served, "hono", 2);
  expect(await client.ask("hi")).toBe("hi by 2");
  expect(await served.ask("/client")).toEqual([200, "127.0.0.1"]);
  await served.swapper.drained();
  expect(served.logger.of("error")).toEqual([]);
});

test("an Elysia app that a plugin exports is reloaded under its clients", async () => {
  await using served = await serveApp("elysia");
  await exercise(served, "elysia", 1);
  const wrong = { method: "POST", body: `["one"]`, headers: { "content-type": "application/json" } };
  expect((await served.ask("/sum", wrong))[0]).toBe(422);
  expect(await streamOverReload(served, "elysia")).toBe("one by 1, two by 1, ");
  await exercise(served, "elysia", 2);
  await served.swapper.drained();
  expect(served.logger.of("error")).toEqual([]);
});
