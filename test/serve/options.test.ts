import { describe, expect, test } from "bun:test";
import { serve } from "hotswap";
import { plugin, serveHost } from "./served-host.ts";

const web = plugin(
  1,
  `page: () => new Response("page"), name: (request: Request, server: any) => new Response(server.id)`,
);

/** What Bun.serve or serve says of options; whatever it starts is stopped. */
function sayingOf(start: () => Pick<Bun.Server<undefined>, "stop">): string {
  try {
    void start().stop(true);
    return "started";
  } catch (error) {
    return String(error);
  }
}

describe("options are read as Bun.serve reads them", () => {
  const page = (): Response => new Response("page");
  const cases: Record<string, object> = {
    "a text for sockets": { fetch: page, websocket: "web" },
    "false for sockets": { fetch: page, websocket: false },
    "null for sockets": { fetch: page, websocket: null },
    "no handler": {},
    "a number as handler": { fetch: 7 },
    "an empty table": { routes: {} },
    "a table of nothing": { routes: { "/": undefined } },
    "a number as route": { routes: { "/": 7 } },
    "a route without a slash": { routes: { page } },
    "a table for routes that is none": { routes: 7 },
    "an unknown method": { routes: { "/": { get: page } } },
    "a port that is none": { fetch: page, port: "x" },
    "a timeout that is too long": { fetch: page, idleTimeout: 1000 },
    "sockets without a message": { fetch: page, websocket: { open() {} } },
    "an error handler that is none": { fetch: page, error: 7 },
    "null for the error handler": { fetch: page, error: null },
    "null for routes": { fetch: page, routes: null },
  };
  for (const [name, options] of Object.entries(cases)) {
    test(name, async () => {
      await using served = await serveHost({ web }, { fetch: "web.page" });
      const here = { hostname: "127.0.0.1", port: 0, ...options };
      const ours = sayingOf(() => serve(served.swapper, here as never));
      expect(ours).toBe(sayingOf(() => Bun.serve(here as never)));
    });
  }

  test("from an instance of a class with getters, and from tables without a prototype", async () => {
    class Settings {
      readonly #port = 0;
      get port(): number {
        return this.#port;
      }
      get hostname(): string {
        return "127.0.0.1";
      }
      get routes(): object {
        const methods = Object.assign(Object.create(null), { GET: "web.page" }) as object;
        return Object.assign(Object.create(null), { "/": methods }) as object;
      }
      get id(): string {
        return "from a class";
      }
      readonly fetch = "web.name";
    }
    await using served = await serveHost({ web }, { fetch: "web.page" });
    const server = serve(served.swapper, new Settings() as never);
    expect(server.hostname).toBe("127.0.0.1");
    expect(await (await fetch(server.url)).text()).toBe("page");
    expect(await (await fetch(new URL("/else", server.url))).text()).toBe("from a class");
    await server.stop(true);
  });
});

describe("plugins' functions by name, wherever Bun takes a function", () => {
  test("the error handler", async () => {
    const failing = plugin(
      1,
      `fail: () => { throw new Error("broken"); }, sorry: (error: Error) => new Response("sorry: " + error.message, { status: 418 })`,
    );
    await using served = await serveHost({ web: failing }, { fetch: "web.fail", error: "web.sorry" });
    expect(await served.ask("/")).toEqual([418, "sorry: broken"]);
    await served.reload("web", failing.replace(`"sorry: "`, `"so sorry: "`));
    expect(await served.ask("/")).toEqual([418, "so sorry: broken"]);
    expect(served.logger.of("error")).toEqual(["web#1: fail() failed: broken", "web#2: fail() failed: broken"]);
  });

  test("server.reload", async () => {
    await using served = await serveHost({ web }, { fetch: "web.page" });
    expect(await served.ask("/")).toEqual([200, "page"]);
    expect(
      served.server.reload({ fetch: "web.name", routes: { "/page": "web.page", "/host": () => new Response("host") } }),
    ).toBe(served.server);
    expect(await served.ask("/")).toEqual([200, served.server.id]);
    expect(await served.ask("/page")).toEqual([200, "page"]);
    expect(await served.ask("/host")).toEqual([200, "host"]);
    expect(() => served.server.reload({ fetch: "nothing" as never })).toThrow("names no function of a plugin");
    expect(await served.ask("/page")).toEqual([200, "page"]);
  });
});
