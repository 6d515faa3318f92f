import { expectTypeOf, test } from "bun:test";
import {
  type FunctionReference,
  type PluginManagerSwapper,
  serve,
  type ServeOptions,
  type ServerHandle,
} from "hotswap";

/*
 * These tests are checked by the compiler: what must not compile stands behind `@ts-expect-error`, which is itself an
 * error when the line compiles. The bodies do not run.
 */

declare const swapper: PluginManagerSwapper<{ users: number }>;

interface Seat {
  readonly name: string;
}

test("serve takes what Bun.serve takes, and names of functions", () => {
  void ((): void => {
    const server = serve(swapper, {
      unix: "/run/chat.sock",
      routes: {
        "/rooms/:id": (request) => {
          expectTypeOf(request.params.id).toEqualTypeOf<string>();
          // @ts-expect-error -- the path has no such parameter
          void request.params.name;
          return new Response();
        },
        "/a": { GET: "chat.page", POST: new Response() },
      },
      fetch: "chat.page",
      websocket: {
        data: {} as Seat,
        plugin: "chat",
        open: "chat.open",
        message(socket) {
          expectTypeOf(socket.data).toEqualTypeOf<Seat>();
        },
        idleTimeout: 60,
      },
    });
    expectTypeOf(server).toExtend<Bun.Server<Seat>>();
  });
});

test("the data of sockets is inferred as Bun.serve does, whatever stands beside it", () => {
  void ((): void => {
    const server = serve(swapper, {
      fetch: "chat.page",
      error: (error) => new Response(error.message),
      websocket: {
        drain(socket) {
          expectTypeOf(socket.data).toEqualTypeOf<{ name: string }>();
        },
        data: { name: "Ada" },
        open: "chat.open",
        close: "chat.close",
      },
    });
    expectTypeOf(server).toExtend<Bun.Server<{ name: string }>>();
    expectTypeOf(serve(swapper, { fetch: "chat.page" })).toExtend<Bun.Server<undefined>>();
  });
});

test("options may stand in a variable, with names that the compiler does not know", () => {
  void ((route: FunctionReference, options: ServeOptions<Seat, "/">): void => {
    serve(swapper, { fetch: route, error: route, routes: { "/": route, "/a": { GET: route } } });
    serve(swapper, options);
    serve(swapper, { routes: { "/": "chat.page" } } satisfies ServeOptions<undefined, "/">);
  });
});

test("what names no function, or no event, does not compile", () => {
  void ((): void => {
    // @ts-expect-error -- no function
    serve(swapper, { fetch: "page" });
    // @ts-expect-error -- no function
    serve(swapper, { routes: { "/": { GET: "page" } } });
    // @ts-expect-error -- no event
    serve(swapper, { fetch: "chat.page", websocket: { opened: "chat.open" } });
    // @ts-expect-error -- no option
    serve(swapper, { fetch: "chat.page", prot: 3000 });
  });
  expectTypeOf<ServeOptions<Seat, string>["versionHeader"]>().toEqualTypeOf<string | undefined>();
});

test("what Bun.serve refuses does not compile either", () => {
  void ((): void => {
    // @ts-expect-error -- nobody answers
    serve(swapper, {});
    // @ts-expect-error -- either a path or a port
    serve(swapper, { unix: "/run/chat.sock", port: 3000, fetch: "chat.page" });
    // @ts-expect-error -- a Response is wanted where there are no sockets
    serve(swapper, { fetch() {} });
    serve(swapper, { fetch() {}, websocket: { plugin: "chat" } });
    serve(swapper, {
      fetch() {
        expectTypeOf(this.port).toEqualTypeOf<number | undefined>();
        return new Response();
      },
    });
  });
});

test("an app needs nothing else; names may be given wherever Bun takes a function", () => {
  void ((): void => {
    const server = serve(swapper, {
      app: "web",
      websocket: { error: "web.failed", idleTimeout: 30 },
      error: "web.sorry",
    });
    server.reload({ fetch: "web.page", routes: { "/": { GET: "web.page" } } });
    server.reload({ fetch: () => new Response() });
    // @ts-expect-error -- no function
    server.reload({ fetch: "page" });
    // @ts-expect-error -- no function
    serve(swapper, { app: "web", error: "sorry" });
  });
});

test("a plugin can neither stop nor change the server", () => {
  void ((handle: ServerHandle<Seat>, request: Request): void => {
    expectTypeOf(handle.upgrade(request, { data: { name: "Ada" } })).toEqualTypeOf<boolean>();
    // @ts-expect-error -- the data is that of the sockets
    handle.upgrade(request, { data: 7 });
    // @ts-expect-error -- it is the host's business
    void handle.stop();
  });
});
