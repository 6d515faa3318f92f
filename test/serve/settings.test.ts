import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { exchange, normalized, requestBytes } from "./comparison/raw.ts";
import { plugin, serveHost, type ServedHost } from "./served-host.ts";
import { serve } from "hotswap";

/*
 * Settings of Bun.serve that have nothing to do with handlers: the same for plain Bun.serve with the host's handlers, and for
 * serve() with those of a plugin.
 */

const web = plugin(
  1,
  `page: () => new Response("page"),
   size: async (request: Request) => new Response(String((await request.bytes()).length)),
   waits: () => new Promise<Response>(() => {}),
   asked: (_request: Request, server: any) => new Response(server.protocol + " " + server.url.protocol),
   streamed: () => new Response(stream() as any),
   upgrade: (request: Request, server: any) => server.upgrade(request) ? undefined : new Response("no", { status: 426 }),
   message: (socket: any, message: string) => { socket.send("echo " + message); },`,
  `async function* stream() { yield "one "; await new Promise((resolve) => setTimeout(resolve, 5)); yield "two"; }`,
);

async function* stream(): AsyncGenerator<string> {
  yield "one ";
  await new Promise((resolve) => setTimeout(resolve, 5));
  yield "two";
}

type Server = Bun.Server<unknown>;

/** What the plugin's functions do, in the host. */
const plain: Record<string, (request: Request, server: Server) => unknown> = {
  page: () => new Response("page"),
  size: async (request) => new Response(String((await request.bytes()).length)),
  waits: () => new Promise<Response>(() => {}),
  asked: (_request, server) => new Response(`${server.protocol} ${server.url.protocol}`),
  streamed: () => new Response(stream() as unknown as string),
  upgrade: (request, server) =>
    server.upgrade(request, { data: undefined }) ? undefined : new Response("no", { status: 426 }),
};

let served: ServedHost;
const started: Pick<Server, "stop">[] = [];

beforeAll(async () => {
  served = await serveHost({ web }, { fetch: "web.page" });
});

afterAll(() => served[Symbol.asyncDispose]());

afterEach(() => Promise.all(started.splice(0).map((server) => server.stop(true))));

const here = { hostname: "127.0.0.1", port: 0, development: false };

/** The two servers with these settings. */
function pair(settings: object, theirSettings = settings): [ours: Server, theirs: Server] {
  const names = Object.keys(plain);
  const routes = (handler: (name: string) => unknown) =>
    Object.fromEntries(names.map((name) => [`/${name}`, handler(name)]));
  const ours = serve(served.swapper, {
    ...here,
    ...settings,
    routes: { ...routes((name) => `web.${name}`), ...Reflect.get(settings, "routes") },
    websocket: { plugin: "web" },
  } as never) as unknown as Server;
  const theirs = Bun.serve({
    ...here,
    ...theirSettings,
    routes: { ...routes((name) => plain[name]), ...Reflect.get(theirSettings, "routes") },
    websocket: { message: (socket: Bun.ServerWebSocket, message: string) => void socket.send(`echo ${message}`) },
  } as never) as unknown as Server;
  started.push(ours, theirs);
  return [ours, theirs];
}

/** What both say of a request. */
async function same(servers: readonly Server[], ask: (server: Server) => Promise<unknown>): Promise<unknown> {
  const [ours, theirs] = await Promise.all(servers.map(ask));
  expect(ours).toEqual(theirs);
  return ours;
}

test("maxRequestBodySize", async () => {
  const servers = pair({ maxRequestBodySize: 1000 });
  const chunked = (size: number): string => `${size.toString(16)}\r\n${"x".repeat(size)}\r\n0\r\n\r\n`;
  for (const size of [999, 1000, 1001, 100_000]) {
    for (const path of ["/size", "/page", "/waits"]) {
      if (path === "/waits" && size <= 1000) continue;
      const request = { path, method: "POST" };
      await same(servers, async ({ url }) =>
        normalized(await exchange(url.href, requestBytes({ ...request, body: "x".repeat(size) }))),
      );
      await same(servers, async ({ url }) =>
        normalized(
          await exchange(
            url.href,
            requestBytes({ ...request, headers: { "transfer-encoding": "chunked" }, body: chunked(size) }),
          ),
        ),
      );
    }
  }
});

test("idleTimeout closes the connection of a handler that waits", async () => {
  const servers = pair({ idleTimeout: 1 });
  expect(
    await same(servers, async ({ url }) => exchange(url.href, requestBytes({ path: "/waits" }), 30_000)),
  ).not.toContain("quiet");
});

test("reusePort", async () => {
  const first = pair({ reusePort: true });
  const [ours, theirs] = first;
  const second = pair({ reusePort: true, port: ours.port }, { reusePort: true, port: theirs.port });
  for (const servers of [first, second]) {
    expect(servers.map(({ port }) => port)).toEqual(first.map(({ port }) => port));
    await same(servers, async ({ url }) => (await fetch(new URL("/page", url))).text());
  }
});

test("a Unix socket in the abstract namespace", async () => {
  const name = (which: string): string => `\0hotswap-${process.pid}-${which}`;
  const noPort = { hostname: undefined, port: undefined };
  const servers = pair({ ...noPort, unix: name("ours") }, { ...noPort, unix: name("theirs") });
  for (const [at, server] of servers.entries()) {
    expect([server.port, server.hostname]).toEqual([undefined, undefined]);
    const answer = await fetch("http://localhost/page", { unix: name(at === 0 ? "ours" : "theirs") });
    expect(await answer.text()).toBe("page");
  }
});

test("pages of HTML in routes stand beside a plugin's functions, also after a reload", async () => {
  const { project } = served.host;
  await project.write({
    "page/index.html": `<!doctype html><title>A page</title><link rel="stylesheet" href="./page.css"><script type="module" src="./page.ts"></script>`,
    "page/page.css": `body { color: red }`,
    "page/page.ts": `import { name } from "./name.ts"; document.title = name;`,
    "page/name.ts": `export const name: string = "named by a script";`,
  });
  const { default: page } = (await import(project.path("page/index.html"))) as { default: Bun.HTMLBundle };
  const servers = pair({ routes: { "/": page, "/app/*": page } });
  const get = (path: string) => async (server: Server) => {
    const response = await fetch(new URL(path, server.url));
    const { status, headers } = response;
    return { status, type: headers.get("content-type"), text: await response.text() };
  };
  const { text } = (await same(servers, get("/"))) as { text: string };
  expect(text).toContain("<title>A page</title>");
  const assets = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => path ?? "");
  expect(assets).toHaveLength(2);
  for (const path of [...assets, "/app/any/where", "/page"]) await same(servers, get(path));
  await served.reload("web", web.replace(`Response("page")`, `Response("new page")`));
  const [ours] = servers;
  expect(await get("/")(ours)).toMatchObject({ text });
  expect(await get("/page")(ours)).toMatchObject({ text: "new page" });
  await served.reload("web", web);
});

/** A certificate of our own for this machine. */
function certificate(): { readonly key: Bun.BunFile; readonly cert: Bun.BunFile } {
  const { project } = served.host;
  const [key, cert] = [project.path("key.pem"), project.path("cert.pem")];
  const made = Bun.spawnSync([
    ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost".split(
      " ",
    ),
    "-keyout",
    key,
    "-out",
    cert,
  ]);
  expect(made.exitCode).toBe(0);
  return { key: Bun.file(key), cert: Bun.file(cert) };
}

const trusting = { tls: { rejectUnauthorized: false } } as const;

test("HTTP/3", async () => {
  const servers = pair({ tls: certificate(), http2: true, http3: true });
  const ask = (path: string, init: BunFetchRequestInit) => async (server: Server) => {
    const response = await fetch(new URL(path, server.url), { ...trusting, ...init });
    const { status, statusText } = response;
    const headers = [...response.headers].filter(([name]) => name !== "date");
    return { status, statusText, headers, text: await response.text() };
  };
  for (const path of ["/page", "/asked", "/streamed", "/absent", "/upgrade"]) {
    await same(servers, ask(path, { protocol: "http3" }));
    await same(servers, ask(path, { protocol: "http3", method: "HEAD" }));
  }
  for (const size of [0, 1, 300_000]) {
    const body = "x".repeat(size);
    expect(await same(servers, ask("/size", { protocol: "http3", method: "POST", body }))).toMatchObject({
      text: String(size),
    });
  }
  // Other connections are told where there is HTTP/3: at the server's port.
  for (const server of servers) {
    const { headers } = await fetch(new URL("/page", server.url), { ...trusting, protocol: "http1.1" });
    expect(headers.get("alt-svc")).toStartWith(`h3=":${server.port}"`);
  }
});

test.each(["http2", "http3"] as const)("a response over %s keeps its set until it ends", async (protocol) => {
  const gated = (version: number): string =>
    plugin(
      version,
      `gated: () => new Response(gated() as any)`,
      `async function* gated() { yield "begun "; await wish("gate")(); yield "ended by " + VERSION; }`,
    );
  // Of its own: what other tests leave waiting holds sets, too.
  await using own = await serveHost(
    { web: gated(1) },
    { fetch: "web.gated", tls: certificate(), http2: true, http3: true },
  );
  const gate = Promise.withResolvers<void>();
  own.wish("gate", () => gate.promise);
  const response = await fetch(`https://127.0.0.1:${own.server.port}/`, { ...trusting, protocol });
  const reader = response.body?.getReader();
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("begun ");
  await own.reload("web", gated(2));
  const first = () => own.swapper.generations.find(({ number }) => number === 1);
  while (first()?.calls !== 1) await Bun.sleep(1);
  expect(first()?.state).toBe("draining");
  gate.resolve();
  expect(String(Buffer.from((await reader?.read())?.value ?? []))).toBe("ended by 1");
  await own.swapper.drained();
  expect(first()?.state).not.toBe("draining");
});

test("TLS, HTTP/1.1 and HTTP/2", async () => {
  const servers = pair({ tls: certificate(), http2: true });
  const [ours, theirs] = servers;
  expect([ours.protocol, ours.url.protocol]).toEqual([theirs.protocol, theirs.url.protocol]);
  for (const version of ["--http1.1", "--http2"]) {
    for (const path of ["/page", "/asked", "/streamed", "/absent", "/upgrade"]) {
      const said = await same(servers, async ({ url }) => {
        const command = ["curl", "-sk", version, "-w", "\n%{http_version} %{http_code}", new URL(path, url).href];
        return Bun.spawn(command).stdout.text();
      });
      if (path === "/asked") expect(said).toBe(`https https:\n${version === "--http2" ? "2" : "1.1"} 200`);
    }
  }
  await same(servers, async ({ url }) => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const address = new URL("/upgrade", url).href.replace("http", "ws");
    const socket = new WebSocket(address, { tls: { rejectUnauthorized: false } } as never);
    socket.addEventListener("open", () => socket.send("hello"));
    socket.addEventListener("message", ({ data }) => resolve(data));
    socket.addEventListener("error", () => reject(new Error("the socket failed")));
    const answer = await promise;
    socket.close();
    return answer;
  });
});
