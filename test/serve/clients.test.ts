import { expect, test } from "bun:test";
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { browserTest } from "../support/browser.ts";
import { createHost } from "../support/host.ts";
import { plugin, ServedHost, serveOn } from "./served-host.ts";

/** A page, events, and sockets that stay with the host. */
const web = (version: number): string =>
  plugin(
    version,
    `version: () => new Response(String(VERSION)),
     upgrade: (request: Request, server: any) => server.upgrade(request) ? undefined : new Response("", { status: 426 }),
     message: (socket: any, text: string) => { socket.send(text + " by " + VERSION); },
     events: (request: Request, server: any) => {
       server.timeout(request, 0);
       return new Response((async function* ticks() {
         for (;;) { yield "event: tick\\ndata: tick of " + VERSION + "\\n\\n"; await Bun.sleep(5); }
       })() as any, { headers: { "content-type": "text/event-stream" } });
     },
     page: () => new Response(\`<title>clients</title><script>
       const said = [];
       const socket = new WebSocket(location.href.replace("http", "ws") + "socket");
       socket.onmessage = ({ data }) => said.push(data);
       socket.onclose = () => said.push("closed");
       const events = new EventSource("events");
       events.addEventListener("tick", ({ data }) => said.includes(data) || said.push(data));
     </script>\`, { headers: { "content-type": "text/html" } }),`,
  );

const routes = {
  "/": "web.page",
  "/version": "web.version",
  "/socket": "web.upgrade",
  "/events": "web.events",
} as const;

async function serveWeb(): Promise<ServedHost> {
  const host = await createHost({ web: web(1) });
  await host.swapper.loadPlugins();
  return new ServedHost(host, serveOn(host, { routes, websocket: { plugin: "web" } }));
}

async function serveApp(): Promise<ServedHost> {
  const host = await createHost({}, { root: join(import.meta.dir, "..", "..") });
  await buildApp(host.project.out, 1);
  await host.swapper.loadPlugins();
  return new ServedHost(host, serveOn(host, { app: "socketio", idleTimeout: 60 }));
}

async function buildApp(outputDir: string, version: number): Promise<void> {
  const pluginDir = join(import.meta.dir, "apps", "socketio");
  await build({ pluginDir, outputDir, buildFlags: ["--define", `VERSION=${version}`] });
}

test.skipIf(Bun.which("node") === null)(
  "undici, fetch, ws, eventsource and socket.io-client under Node.js, over a reload",
  async () => {
    await using served = await serveWeb();
    await using app = await serveApp();
    const script = join(import.meta.dir, "apps", "clients.mjs");
    await using child = Bun.spawn(["node", script, served.server.url.href, app.server.url.origin], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "inherit",
    });
    const lines: string[] = [];
    let text = "";
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      lines.push(...whole);
      if (!whole.includes("ready")) continue;
      await served.reload("web", web(2));
      await buildApp(app.host.project.out, 2);
      await app.swapper.reload();
      child.stdin.write("reloaded\n");
      await child.stdin.flush();
    }
    const ready = lines.indexOf("ready");
    expect(lines.slice(0, ready).toSorted()).toEqual([
      "eventsource tick of 1",
      "fetch 1",
      "socket.io heard by 1",
      "undici 1",
      "ws hi by 1",
    ]);
    // What goes on, goes on in the version in which it began; a socket with plain data meets the new one.
    expect(lines.slice(ready + 1)).toEqual([
      "undici 2",
      "fetch 2",
      "ws hi by 2",
      "eventsource tick of 1",
      "socket.io heard by 1",
      "states 1 1 true",
      "done",
    ]);
    await served.swapper.drained();
    expect(served.logger.of("error")).toEqual([]);
  },
);

test.skipIf(Bun.which("curl") === null)(
  "curl: a slow download that began before a reload is whole; HEAD and ranges",
  async () => {
    const files = (version: number): string =>
      plugin(
        version,
        `slow: () => new Response((async function* parts() { for (let part = 0; part < 20; part++) { yield VERSION + " "; await Bun.sleep(5); } })() as any),
       file: () => new Response(Bun.file(wish("file")())),`,
      );
    const host = await createHost({ web: files(1) });
    await host.swapper.loadPlugins();
    await using served = new ServedHost(host, serveOn(host, { routes: { "/slow": "web.slow", "/file": "web.file" } }));
    const curl = (...args: string[]): Promise<string> =>
      Bun.spawn(["curl", "-s", ...args], { stdout: "pipe" }).stdout.text();
    const download = curl("--limit-rate", "200", new URL("/slow", served.server.url).href);
    while (served.server.pendingRequests === 0) await Bun.sleep(1);
    await served.reload("web", files(2));
    expect(await download).toBe("1 ".repeat(20));
    await served.swapper.drained();
    const path = served.host.project.path("package.json");
    served.wish("file", () => path);
    const file = new URL("/file", served.server.url).href;
    const content = await Bun.file(path).text();
    expect(await curl("-r", "0-9", file)).toBe(content.slice(0, 10));
    expect(await curl("-I", file)).toMatch(new RegExp(`content-length: ${Buffer.byteLength(content)}`, "i"));
  },
);

browserTest("a browser keeps its socket and its events over a reload", async (browser) => {
  await using served = await serveWeb();
  const page = await browser.newPage();
  await page.goto(served.server.url.href);
  const hear = (text: string): Promise<unknown> => page.waitForFunction(`said.includes(${JSON.stringify(text)})`);
  await page.evaluate(`socket.readyState === 1 ? socket.send("hi") : (socket.onopen = () => socket.send("hi"))`);
  await hear("hi by 1");
  await hear("tick of 1");
  await served.reload("web", web(2));
  await page.evaluate(`socket.send("hi")`);
  await hear("hi by 2");
  expect(await page.evaluate("said.includes('closed') || said.includes('tick of 2')")).toBe(false);
  await page.close();
  await served.swapper.drained();
});
