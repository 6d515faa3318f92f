import { describe, expect, test } from "bun:test";
import { definePlugin, PluginManagerSwapper, serve } from "hotswap";
import { Child } from "../support/child.ts";
import { createHost } from "../support/host.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject } from "../support/project.ts";
import { plugin, serveHost, serveOn } from "./served-host.ts";

const text = (version: number): string => plugin(version, `text: () => new Response("version " + VERSION)`);

describe("dispatch", () => {
  test("a route and fetch call the function of the current set, with what Bun's handlers get", async () => {
    await using served = await serveHost(
      {
        web: plugin(
          1,
          `room: ({ params, cookies }: Bun.BunRequest<"/rooms/:id">) =>
             new Response("room " + params.id + " for " + cookies.get("name") + ", version " + VERSION),
           save: async (request: Request) => new Response("saved " + await request.text(), { status: 201 }),
           rest: (request: Request, server: any) =>
             new Response(new URL(request.url).pathname + " from " + server.requestIP(request).address)`,
        ),
      },
      {
        routes: {
          "/rooms/:id": "web.room",
          "/save": { POST: "web.save", GET: new Response("nothing to get") },
          "/host": () => new Response("the host itself"),
          "/static": new Response("as it is"),
        },
        fetch: "web.rest",
      },
    );
    expect(await served.ask("/rooms/7", { headers: { cookie: "name=Ada" } })).toEqual([
      200,
      "room 7 for Ada, version 1",
    ]);
    expect(await served.ask("/save", { method: "POST", body: "this" })).toEqual([201, "saved this"]);
    expect(await served.ask("/save")).toEqual([200, "nothing to get"]);
    expect(await served.ask("/host")).toEqual([200, "the host itself"]);
    expect(await served.ask("/static")).toEqual([200, "as it is"]);
    expect(await served.ask("/else")).toEqual([200, "/else from 127.0.0.1"]);
  });

  test("after a reload the new code answers, and after a rollback the old", async () => {
    await using served = await serveHost({ web: text(1) }, { fetch: "web.text" });
    expect(await served.ask("/")).toEqual([200, "version 1"]);
    await served.reload("web", text(2));
    expect(await served.ask("/")).toEqual([200, "version 2"]);
    await served.swapper.rollback();
    expect(await served.ask("/")).toEqual([200, "version 1"]);
  });

  test("a promise of the plugin's own kind that settles twice answers no other request", async () => {
    const code = plugin(
      1,
      `wait: ({ url }: Request) => {
         if (url.endsWith("/mine")) return wish("mine")();
         class Twice extends Promise<Response> {
           then(settled: any, failed: any): any {
             void wish("again")().then(() => settled(new Response("somebody else's")));
             return super.then(settled, failed);
           }
         }
         return new Twice((resolve) => setTimeout(() => resolve(new Response("first")), 1));
       }`,
    );
    await using served = await serveHost({ web: code }, { fetch: "web.wait" });
    const again = Promise.withResolvers<void>();
    const mine = Promise.withResolvers<Response>();
    const entered = Promise.withResolvers<void>();
    served.wish("again", () => again.promise);
    served.wish("mine", () => {
      entered.resolve();
      return mine.promise;
    });
    expect(await served.ask("/twice")).toEqual([200, "first"]);
    const answer = served.ask("/mine");
    await entered.promise;
    again.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    mine.resolve(new Response("mine"));
    expect(await answer).toEqual([200, "mine"]);
  });

  test("a request under way ends in the set in which it began, however many reloads happen", async () => {
    const slow = (version: number): string =>
      plugin(version, `slow: async () => { await wish("gate")(); return new Response("version " + VERSION); }`);
    await using served = await serveHost({ web: slow(1) }, { fetch: "web.slow" });
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    served.wish("gate", () => {
      entered.resolve();
      return gate.promise;
    });
    const answer = served.ask("/");
    await entered.promise;
    for (const version of [2, 3, 4]) await served.reload("web", slow(version));
    gate.resolve();
    expect(await answer).toEqual([200, "version 1"]);
    await served.swapper.drained();
  });

  test("with asyncContext, and without it", async () => {
    for (const asyncContext of [true, false]) {
      await using served = await serveHost({ web: text(1) }, { fetch: "web.text" }, { asyncContext });
      expect(await served.ask("/")).toEqual([200, "version 1"]);
    }
  });

  test("what a handler opens belongs to the plugin: it is closed with its generation", async () => {
    const ticking = (version: number): string =>
      plugin(version, `start: () => { setInterval(wish("tick"), 1, VERSION); return new Response("started"); }`);
    await using served = await serveHost({ web: ticking(1) }, { fetch: "web.start" });
    const ticks: number[] = [];
    let next = Promise.withResolvers<void>();
    served.wish("tick", (version: number) => {
      ticks.push(version);
      next.resolve();
    });
    await served.ask("/");
    await next.promise;
    await served.reload("web", ticking(2));
    await served.swapper.drained();
    ticks.length = 0;
    next = Promise.withResolvers();
    await served.ask("/");
    await next.promise;
    expect(ticks).not.toContain(1);
  });
});

test("requests during 50 reloads: none fails, and each sees one consistent set from its begin to the end of its stream", async () => {
  const base = (version: number): string =>
    `import { definePlugin } from "hotswap"; export default definePlugin({ export: () => ({ version: () => ${version} }) });`;
  const top = (version: number): string => `
    import { definePlugin, dependency } from "hotswap";
    const deps = { base: dependency<{ version(): number }>("version") };
    const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
    async function* parts() { yield deps.base.version() + " "; await turn(); yield deps.base.version() + " ${version}"; }
    export default definePlugin({ import: () => deps, functions: {
      now: () => new Response(deps.base.version() + " ${version}"),
      later: async () => { const before = deps.base.version(); await turn(); return Response.json([before, deps.base.version(), ${version}]); },
      streamed: () => new Response(parts()),
    } });`;
  await using served = await serveHost(
    { base: base(0), top: top(0) },
    { routes: { "/now": "top.now", "/later": "top.later", "/streamed": "top.streamed" } },
  );
  const run = { isOver: false };
  const answered = new Map<string, number>();
  const ask = async (path: string): Promise<void> => {
    while (!run.isOver) {
      const [status, body] = await served.ask(path);
      expect(status).toBe(200);
      expect(new Set(body.match(/\d+/g)).size).toBe(1);
      answered.set(path, (answered.get(path) ?? 0) + 1);
    }
  };
  const clients = ["/now", "/later", "/streamed", "/later", "/streamed"].map(ask);
  for (let version = 1; version <= 50; version++) {
    await served.host.project.write({ "plugin/base/index.ts": base(version), "plugin/top/index.ts": top(version) });
    await served.host.project.buildAll("base", "top");
    await served.swapper.reload();
  }
  run.isOver = true;
  await Promise.all(clients);
  expect(Array.from(answered.keys()).toSorted()).toEqual(["/later", "/now", "/streamed"]);
  expect(served.logger.of("error")).toEqual([]);
  await served.swapper.drained();
});

test("plugins that are linked statically are served, too", async () => {
  async function* parts(): AsyncGenerator<string> {
    yield "in ";
    yield "parts";
  }
  const web = definePlugin({
    functions: { text: () => new Response("at once"), later: async () => new Response(parts()) },
  });
  await using swapper = new PluginManagerSwapper("", {
    logger: new RecordingLogger(),
    staticPlugins: { web: { module: { default: web } } },
  });
  await swapper.loadPlugins();
  const server = serve(swapper, {
    hostname: "127.0.0.1",
    port: 0,
    routes: { "/text": "web.text" },
    fetch: "web.later",
    versionHeader: "x-hotswap",
  });
  const [whole, later] = await Promise.all([fetch(new URL("/text", server.url)), fetch(server.url)]);
  expect([await whole.text(), await later.text()]).toEqual(["at once", "in parts"]);
  expect(later.headers.get("x-hotswap")).toBe("web#1");
  await server.stop(true);
});

describe("a set without the function", () => {
  test("503 while the plugin is not in the set, logged once for each set; a reload brings it (back)", async () => {
    await using served = await serveHost({ web: text(1) }, { fetch: "web.text" });
    await served.host.project.remove("bin/web.js");
    await served.swapper.reload();
    for (let count = 0; count < 3; count++) expect(await served.ask("/")).toEqual([503, "Service Unavailable\n"]);
    expect(served.logger.of("error")).toEqual([
      `web.text was asked for, but "web" is not in the current set: build it and reload; hotswap dev does both once its folder is there (said once for each set)`,
    ]);
    await served.reload("web", text(2));
    expect(await served.ask("/")).toEqual([200, "version 2"]);
  });

  test("a missing plugin is logged once, however many of its functions are named", async () => {
    await using served = await serveHost(
      { web: text(1) },
      { fetch: "web.text", routes: { "/a": "wbe.text", "/b": "wbe.text", "/c": "wbe.page" } },
    );
    for (const path of ["/a", "/b", "/c"]) expect((await served.ask(path))[0]).toBe(503);
    expect(served.logger.of("error")).toEqual([expect.stringContaining('wbe.text was asked for, but "wbe" is not in')]);
  });

  test("503 before the first load and after close", async () => {
    await using host = await createHost({ web: text(1) });
    using server = serveOn(host, { fetch: "web.text" });
    expect((await fetch(server.url)).status).toBe(503);
    expect((await fetch(server.url)).status).toBe(503);
    expect(host.logger.of("error")).toEqual([
      "web.text was asked for, but there is no current set: load the plugins first (said once for each set)",
    ]);
    await host.swapper.loadPlugins();
    expect((await fetch(server.url)).status).toBe(200);
    await host.swapper.close();
    expect((await fetch(server.url)).status).toBe(503);
    await server.stop(true);
  });

  test("a misspelt name is logged when the server starts, with the name that was meant", async () => {
    await using served = await serveHost({ web: text(1) }, { routes: { "/a": "web.txet", "/b": "wbe.text" } });
    expect(served.logger.of("error")).toEqual([
      `web.txet was asked for, but "web" has no function "txet" (did you mean "text"?): add it to its functions (said once for each set)`,
      `wbe.text was asked for, but "wbe" is not in the current set (did you mean "web"?): build it and reload; hotswap dev does both once its folder is there (said once for each set)`,
    ]);
    expect((await served.ask("/a"))[0]).toBe(503);
  });

  test("what names no function is refused at once, with its place", async () => {
    await using host = await createHost({});
    const page = "page" as "web.page";
    expect(() => serveOn(host, { routes: { "/": { GET: page } } })).toThrow(
      `serve: routes["/"].GET is "page", which names no function of a plugin: write "<plugin>.<function>", like "chat.page"`,
    );
    expect(() => serveOn(host, { fetch: ".page" })).toThrow(`serve: fetch is ".page"`);
  });
});

describe("a function that fails", () => {
  const failing = plugin(
    1,
    `throws: () => { throw new Error("secret of the plugin"); },
     rejects: async () => { await 1; throw new Error("another secret"); },
     wrong: () => "text",
     nothing: () => undefined,
     used: async () => { const response = new Response("once"); await response.text(); return response; }`,
  );
  const routes = {
    "/throws": "web.throws",
    "/rejects": "web.rejects",
    "/wrong": "web.wrong",
    "/nothing": "web.nothing",
    "/used": "web.used",
  } as const;

  test("is logged, and answered by the error handler; so is what is no Response, or was used", async () => {
    await using served = await serveHost(
      { web: failing },
      { routes, error: ({ message }) => new Response(`sorry: ${message}`, { status: 418 }) },
    );
    expect(await served.ask("/throws")).toEqual([418, "sorry: secret of the plugin"]);
    expect(await served.ask("/rejects")).toEqual([418, "sorry: another secret"]);
    expect(await served.ask("/used")).toEqual([418, expect.stringContaining("sorry: ")]);
    for (const path of ["/wrong", "/nothing"]) expect(await served.ask(path)).toEqual([204, ""]);
    expect(served.logger.of("error")).toEqual([
      "web#1: throws() failed: secret of the plugin",
      "web#1: rejects() failed: another secret",
      expect.stringContaining("web#1: used() failed: the body of the response it returned was used already"),
      expect.stringContaining(`web#1: wrong() returned "text", which is sent as 204`),
      expect.stringContaining("web#1: nothing() returned undefined, which is sent as 204"),
    ]);
  });

  test("without a logger and an error handler of the host's, it is said once: by Bun", async () => {
    await using project = await createProject({
      "plugin/web/index.ts": `import { definePlugin } from "hotswap";
        export default definePlugin({ functions: { throws: () => { throw new Error("secret"); } } });`,
      "host.ts": `
        import { PluginManagerSwapper, serve } from "hotswap";
        const swapper = new PluginManagerSwapper("bin");
        await swapper.loadPlugins();
        const { url, stop } = serve(swapper, { hostname: "127.0.0.1", port: 0, fetch: "web.throws" });
        const other = serve(swapper, { hostname: "127.0.0.1", port: 0, fetch: "web.throws", error: () => new Response("sorry") });
        console.log((await fetch(url)).status, await (await fetch(other.url)).text());
        process.exit();`,
    });
    await project.build("web");
    for (const mode of ["development", "production"]) {
      await using child = new Child([process.execPath, "host.ts"], { cwd: project.root, env: { NODE_ENV: mode } });
      expect(await child.exit()).toBe(0);
      expect(child.stdout).toContain("500 sorry\n");
      const said = child.stderr.match(/.*: secret\b.*/g);
      expect(said).toEqual(["error: secret", expect.stringMatching(/web#1: throws\(\) failed: secret/)]);
    }
  });

  test("a request that is still waiting when its set is cut off by drainTimeout: 503", async () => {
    const waiting = (version: number): string =>
      plugin(version, `wait: () => { wish("entered")(); return new Promise(() => {}); }`);
    await using served = await serveHost({ web: waiting(1) }, { fetch: "web.wait" }, { drainTimeout: 0 });
    const entered = Promise.withResolvers<void>();
    served.wish("entered", entered.resolve);
    const answer = served.ask("/");
    await entered.promise;
    await served.reload("web", waiting(2));
    expect(await answer).toEqual([503, "Service Unavailable\n"]);
    expect(served.logger.of("error").join()).toContain("still running, when its generation was freed");
  });
});

describe("requests that wait", () => {
  const waiting = (version: number): string =>
    plugin(
      version,
      `wait: async ({ url }: Request) => new Response(VERSION + " " + (await wish("gate")(new URL(url).pathname))),
       handed: () => wish("answer")()`,
    );

  test("at once and one after the other: each gets its own answer, and a failure is its own", async () => {
    await using served = await serveHost(
      { web: waiting(1) },
      { fetch: "web.wait", error: ({ message }) => new Response(message, { status: 500 }) },
    );
    const gates = new Map<string, PromiseWithResolvers<string>>();
    served.wish("gate", (path: string) => {
      const gate = Promise.withResolvers<string>();
      gates.set(path, gate);
      return gate.promise;
    });
    for (const round of [1, 2, 3]) {
      const paths = [1, 2, 3, 4].map((count) => `/${round}.${count}`);
      const answers = paths.map((path) => served.ask(path));
      while (!paths.every((path) => gates.has(path))) await Bun.sleep(1);
      // The last that came is answered first.
      for (const [at, path] of paths.toReversed().entries()) {
        if (at === 1) gates.get(path)?.reject(new Error(`no ${path}`));
        else gates.get(path)?.resolve(path);
        await answers[paths.length - 1 - at];
      }
      const said = await Promise.all(answers);
      expect(said.map(([status, body]) => (status === 200 ? body : status))).toEqual(
        paths.map((path, at) => (at === 2 ? 500 : `1 ${path}`)),
      );
    }
    expect(served.logger.of("error")).toEqual([1, 2, 3].map((round) => `web#1: wait() failed: no /${round}.3`));
  });

  test("one that was cut off settles later: nobody gets its answer", async () => {
    await using served = await serveHost(
      { web: waiting(1) },
      { routes: { "/handed": "web.handed", "/wait": "web.wait" } },
      { drainTimeout: 0 },
    );
    const entered = Promise.withResolvers<void>();
    const late = Promise.withResolvers<Response>();
    served.wish("answer", () => (entered.resolve(), late.promise));
    served.wish("gate", () => Promise.resolve("at once"));
    const answer = served.ask("/handed");
    await entered.promise;
    await served.reload("web", waiting(2));
    expect(await answer).toEqual([503, "Service Unavailable\n"]);
    late.resolve(new Response("too late"));
    expect(await served.ask("/wait")).toEqual([200, "2 at once"]);
    expect(served.logger.of("error")).toHaveLength(1);
  });
});

describe("which version served the call", () => {
  test("is answered in the header that was asked for, and in none otherwise", async () => {
    await using served = await serveHost(
      { web: text(1) },
      { routes: { "/": "web.text" }, fetch: "missing.text", versionHeader: "x-hotswap" },
    );
    expect((await served.fetch("/")).headers.get("x-hotswap")).toBe("web#1");
    await served.reload("web", text(2));
    expect((await served.fetch("/")).headers.get("x-hotswap")).toBe("web#2");
    expect((await served.fetch("/missing")).headers.get("x-hotswap")).toBeNull();
    using plain = serveOn(served.host, { fetch: "web.text" });
    expect((await fetch(plain.url)).headers.get("x-hotswap")).toBeNull();
    await plain.stop(true);
  });
});
