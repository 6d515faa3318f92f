/*
 * Serves the table of handlers by plain Bun.serve and by serve(), in production and in development, and says where; until
 * it is told to end. A process of its own, because `bun test` takes what a server reports for a failure.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createHost } from "../../support/host.ts";
import { serveOn } from "../served-host.ts";
import { handlers } from "./handlers.ts";
import { socketHandlers } from "./sockets.ts";

export interface Pair {
  readonly ours: string;
  readonly theirs: string;
}

export interface Servers {
  readonly production: Pair;
  readonly development: Pair;
  readonly unix: Pair;
  /** The plugin's modules are kept apart. */
  readonly apart: Pair;
  /** With other options for sockets. */
  readonly sockets: Pair;
  readonly upstream: string;
  /** A file to be served. */
  readonly file: string;
}

const common = { hostname: "127.0.0.1", port: 0 } as const;

const upstream = Bun.serve({
  ...common,
  routes: {
    "/": new Response("from upstream", { headers: { "x-from": "upstream", "content-type": "text/x-up" } }),
    "/stream": () => new Response(Bun.file(file).stream()),
    "/empty": () => new Response(null, { status: 204 }),
  },
});

const source = (name: string): Promise<string> => readFile(join(import.meta.dir, name), "utf8");
const plugins = {
  web: `import { definePlugin } from "hotswap";
          import { handlers } from "./handlers.ts";
          import { socketHandlers } from "./sockets.ts";
          export default definePlugin({ functions: { ...handlers, ...socketHandlers } as any });`,
};
const files = {
  "plugin/web/handlers.ts": await source("handlers.ts"),
  "plugin/web/sockets.ts": await source("sockets.ts"),
  "plugin/web/types.ts": await source("types.ts"),
  "data.txt": "0123456789 the content of a file\n",
};
const host = await createHost(plugins, {}, files);
const apart = await createHost(plugins, {}, files, { apart: true });
await Promise.all([host, apart].map(({ swapper }) => swapper.loadPlugins()));
const file = host.project.path("data.txt");

function optionsOf(handler: (name: string) => unknown): object {
  const names = Object.keys(handlers);
  return {
    routes: Object.fromEntries([
      ...names.map((name) => [`/${name}`, handler(name)]),
      ["/of/:kind/:id", handler("params")],
      ["/wild/*", handler("params")],
      ["/methods", { GET: handler("method"), POST: handler("echo") }],
      ["/fixed", new Response("fixed", { headers: { "x-fixed": "1" } })],
      ["/fixedFile", Bun.file(file)],
      ["/fixedFileResponse", new Response(Bun.file(file))],
      ["/absent", false],
      ["/socket/:variant", handler("upgrade")],
    ]),
    fetch: handler("method"),
    websocket: Object.fromEntries(
      ["open", "message", "close", "ping", "pong", "drain"].map((event) => [event, handler(event)]),
    ),
    maxRequestBodySize: 200_000,
  };
}

const theirs: Record<string, unknown> = { ...handlers, ...socketHandlers };
const servers: Bun.Server<undefined>[] = [upstream];

function pair(options: (name: "ours" | "theirs") => object, ourHost = host): Pair {
  const start = (name: "ours" | "theirs", handler: (name: string) => unknown): string => {
    const { websocket = {}, ...rest } = options(name) as { websocket?: object };
    const table = optionsOf(handler);
    const all = { ...table, ...rest, websocket: { ...Reflect.get(table, "websocket"), ...websocket } };
    const server = name === "ours" ? serveOn(ourHost, all as never) : Bun.serve(all as never);
    servers.push(server as Bun.Server<undefined>);
    return server.port === undefined ? host.project.path(`${name}.sock`) : server.url.href;
  };
  return { ours: start("ours", (name) => `web.${name}`), theirs: start("theirs", (name) => theirs[name]) };
}

const said: Servers = {
  production: pair(() => ({ ...common, development: false })),
  development: pair(() => ({ ...common, development: true })),
  unix: pair((name) => ({
    unix: host.project.path(`${name}.sock`),
    port: undefined,
    hostname: undefined,
    development: false,
  })),
  apart: pair(() => ({ ...common, development: false }), apart),
  sockets: pair(() => ({
    ...common,
    development: false,
    websocket: {
      perMessageDeflate: true,
      maxPayloadLength: 1000,
      idleTimeout: 30,
      sendPings: false,
      publishToSelf: true,
      closeOnBackpressureLimit: true,
    },
  })),
  upstream: upstream.url.href,
  file,
};
console.log(JSON.stringify(said));

await new Promise((resolve) => process.once("SIGTERM", resolve));
await Promise.all(servers.map((server) => server.stop(true)));
await Promise.all([host, apart].map((made) => made[Symbol.asyncDispose]()));
// Bun counts what handlers of the plain servers left uncaught.
process.exit(0);
