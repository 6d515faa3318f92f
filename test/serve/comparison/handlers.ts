/*
 * One table of request handlers for two servers: plain Bun.serve, and serve() with them as a plugin's functions. What they
 * need of the test comes by headers of the request: a file, and another server.
 */
import type { BunRequest, ServerHandle } from "./types.ts";

type Handler = (request: BunRequest, server: ServerHandle) => unknown;

const text = new TextEncoder();
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
const file = ({ headers }: Request) => Bun.file(headers.get("x-file") ?? "");
const upstream = ({ headers }: Request): string => headers.get("x-upstream") ?? "";

function stream(chunks: readonly string[], wait = false): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    async pull(controller) {
      if (wait) await pause();
      const chunk = chunks[next++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(text.encode(chunk));
    },
  });
}

function direct(pull: (controller: ReadableStreamDirectController) => unknown): ReadableStream {
  return new ReadableStream({ type: "direct", pull } as unknown as Bun.UnderlyingSource);
}

async function* generator(): AsyncGenerator<string> {
  yield "one ";
  await pause();
  yield "two";
}

const form = (): FormData => {
  const data = new FormData();
  data.set("a", "b");
  return data;
};

/** A response that is made once for each server. */
const shared = new Map<string, Response>();

function sharedBy({ url }: ServerHandle, make = (): Response => new Response("made once")): Response {
  const response = shared.get(url.href) ?? make();
  shared.set(url.href, response);
  return response;
}

/** A stream whose source is an instance of a class, with nothing of its own. */
class Source {
  #left = 2;

  start(): Promise<void> {
    return pause();
  }

  pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    if (this.#left-- > 0) controller.enqueue(text.encode(`${this.#left} `));
    else controller.close();
  }
}

/** What is read of a stream, and when its source is asked. */
async function observed(strategy: QueuingStrategy<string>): Promise<string> {
  const said: string[] = [];
  const source = new ReadableStream<string>(
    {
      start: ({ desiredSize }) => void said.push(`start ${desiredSize}`),
      pull(controller) {
        said.push(`pull ${controller.desiredSize}`);
        controller.enqueue("chunk");
      },
      cancel: (reason: unknown) => void said.push(`cancel ${reason}`),
    },
    strategy,
  );
  await pause();
  said.push("asked");
  const reader = source.getReader();
  for (let reads = 0; reads < 3; reads++) said.push((await reader.read()).value ?? "");
  await reader.cancel("enough");
  return said.join(", ");
}

/** Bodies, and how they come about. */
export const bodies: Record<string, Handler> = {
  text: () => new Response("text"),
  utf8: () => new Response("grüße, 世界"),
  emptyText: () => new Response(""),
  none: () => new Response(),
  nothing: () => new Response(null),
  json: () => Response.json({ a: [1, "two"] }),
  bytes: () => new Response(new Uint8Array([0, 1, 2, 255])),
  buffer: () => new Response(new Uint8Array([7, 8]).buffer),
  view: () => new Response(new DataView(new Uint8Array([1, 2, 3]).buffer, 1)),
  nodeBuffer: () => new Response(Buffer.from("buffer")),
  large: () => new Response("0123456789".repeat(30_000)),
  blob: () => new Response(new Blob(["blob"])),
  typedBlob: () => new Response(new Blob(["<p>"], { type: "text/html" })),
  blobSlice: () => new Response(new Blob(["0123456789"], { type: "text/plain" }).slice(2, 5)),
  emptyBlob: () => new Response(new Blob([])),
  file: (request) => new Response(file(request)),
  fileSlice: (request) => new Response(file(request).slice(2, 9)),
  fileTail: (request) => new Response(file(request).slice(3)),
  fileStream: (request) => new Response(file(request).stream()),
  fileSliceStream: (request) => new Response(file(request).slice(2, 9).stream()),
  fileWithType: (request) => new Response(file(request), { headers: { "content-type": "text/x-own" } }),
  fileWithEtag: (request) => new Response(file(request), { headers: { etag: `"own"` } }),
  fileWithStatus: (request) => new Response(file(request), { status: 404 }),
  fileText: async (request) => new Response(await file(request).text()),
  missingFile: () => new Response(Bun.file("/nowhere/at/all.txt")),
  stream: () => new Response(stream(["one ", "two"])),
  slowStream: () => new Response(stream(["one ", "two"], true)),
  emptyStream: () => new Response(stream([])),
  typedStream: () => new Response(stream(["<p>"]), { headers: { "content-type": "text/html" } }),
  lengthStream: () => new Response(stream(["12345"]), { headers: { "content-length": "5" } }),
  textStream: () =>
    new Response(new ReadableStream({ start: (c) => (c.enqueue("text"), c.close()) }) as ReadableStream),
  bytesStream: () =>
    new Response(new ReadableStream({ type: "bytes", start: (c) => (c.enqueue(text.encode("bytes")), c.close()) })),
  transform: () => new Response(stream(["a", "b"]).pipeThrough(new TransformStream())),
  gzip: () => new Response(stream(["packed"]).pipeThrough(new CompressionStream("gzip") as unknown as TransformStream)),
  sourceClass: () => new Response(new ReadableStream(new Source())),
  eager: async () => new Response(await observed({ highWaterMark: 2 })),
  lazy: async () => new Response(await observed({ highWaterMark: 0 })),
  sized: async () => new Response(await observed({ highWaterMark: 12, size: (chunk) => chunk?.length ?? 0 })),
  onlyStart: () => new Response(new ReadableStream({ start: (c) => (c.enqueue(text.encode("a")), c.close()) })),
  startLater: () =>
    new Response(
      new ReadableStream({
        async start(controller) {
          await pause();
          controller.enqueue(text.encode("later"));
          controller.close();
        },
      }),
    ),
  byob: async () => {
    const bytes = new ReadableStream({
      type: "bytes",
      autoAllocateChunkSize: 4,
      pull(controller) {
        const view = controller.byobRequest?.view;
        controller.enqueue(text.encode(`[${view?.byteLength}]`));
        controller.close();
      },
    });
    return new Response(bytes);
  },
  piped: () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    void stream(["piped ", "through"], true).pipeTo(writable);
    return new Response(readable);
  },
  iteratorWithReturn: () => {
    let left = 2;
    const iterator = {
      [Symbol.asyncIterator]: () => iterator,
      next: async () => (left-- > 0 ? { value: `${left} `, done: false } : { value: "unseen", done: true }),
    };
    return new Response(iterator as unknown as Bun.BodyInit);
  },
  teed: () => new Response(stream(["tee"]).tee()[0]),
  direct: () => new Response(direct((c) => (c.write("direct"), c.close()))),
  directFlushed: () =>
    new Response(
      direct(async (c) => {
        c.write("one ");
        await c.flush();
        await pause();
        c.write("two");
        await c.close();
      }),
    ),
  directOpen: () =>
    new Response(
      direct(async (c) => {
        c.write("noend");
        c.write(String(await c.flush()));
        await pause();
        c.write("more");
      }),
    ),
  generator: () => new Response(generator() as unknown as Bun.BodyInit),
  generatorFunction: () => new Response(generator as unknown as Bun.BodyInit),
  iterable: () => new Response({ [Symbol.asyncIterator]: generator } as unknown as Bun.BodyInit),
  quickGenerator: () =>
    new Response(
      (async function* quick() {
        yield "at once";
      })() as unknown as Bun.BodyInit,
    ),
  form: () => new Response(form(), { headers: { "content-type": "multipart/form-data; boundary=own" } }),
  search: () => new Response(new URLSearchParams({ a: "b", c: "ü" })),
  proxied: (request) => fetch(upstream(request)),
  proxiedStream: (request) => fetch(`${upstream(request)}stream`),
  proxiedEmpty: (request) => fetch(`${upstream(request)}empty`),
  proxiedBody: async (request) => new Response((await fetch(upstream(request))).body),
  cloned: () => new Response("cloned").clone(),
  rewritten: () =>
    new HTMLRewriter().on("p", { element: (p) => void p.setInnerContent("new") }).transform(new Response("<p>old</p>")),
  subclass: () => new (class Page extends Response {})("subclass"),
  number: () => new Response(42 as unknown as Bun.BodyInit),
  object: () => new Response({} as unknown as Bun.BodyInit),
};

/** Everything else of an answer. */
export const answers: Record<string, Handler> = {
  ...Object.fromEntries(
    [
      200, 201, 204, 205, 206, 299, 301, 302, 303, 304, 307, 308, 400, 401, 404, 405, 410, 416, 418, 429, 500, 502, 503,
      599,
    ].flatMap((status): [string, Handler][] => [
      [`status${status}`, () => new Response(null, { status })],
      [`statusText${status}`, () => new Response(`body of ${status}`, { status })],
      [`statusStream${status}`, () => new Response(stream(["body"]), { status })],
    ]),
  ),
  shared: (_request, server) => sharedBy(server),
  sharedClone: (_request, server) => sharedBy(server).clone(),
  sharedLater: async (_request, server) => {
    await pause();
    return sharedBy(server);
  },
  statusText: () => new Response("x", { status: 200, statusText: "Fine" }),
  redirect: () => Response.redirect("/text"),
  redirect301: () => Response.redirect("https://example.com/a?b=c", 301),
  responseError: () => Response.error(),
  headers: () => new Response("x", { headers: { "x-one": "1", "X-Two": "2", server: "own" } }),
  manyCookies: () => {
    const headers = new Headers();
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2; Path=/");
    return new Response("x", { headers });
  },
  cookies: ({ cookies }) => {
    cookies?.set("seen", "yes", { path: "/", maxAge: 60 });
    return new Response("set");
  },
  cookieGone: ({ cookies }) => {
    cookies?.delete("name");
    return new Response("gone");
  },
  readCookie: ({ cookies }) => new Response(cookies?.get("name") ?? "none"),
  cookiesAndThrow: ({ cookies }) => {
    cookies?.set("seen", "yes");
    throw new Error("after the cookie");
  },
  later: async () => new Response("later"),
  muchLater: async () => {
    await pause();
    return new Response("much later");
  },
  // oxlint-disable-next-line unicorn/no-thenable -- what Bun does with it
  thenable: () => ({ then: (resolve: (value: Response) => void) => resolve(new Response("then")) }),
  throws: () => {
    throw new Error("thrown");
  },
  throwsText: () => {
    // oxlint-disable-next-line no-throw-literal -- what Bun does with it
    throw "a text";
  },
  throwsNothing: () => {
    // oxlint-disable-next-line no-throw-literal -- what Bun does with it
    throw undefined;
  },
  throwsResponse: () => {
    // oxlint-disable-next-line no-throw-literal -- what Bun does with it
    throw new Response("thrown", { status: 418 });
  },
  rejects: () => Promise.reject(new Error("rejected")),
  rejectsLater: async () => {
    await pause();
    throw new Error("rejected later");
  },
  undefined: () => undefined,
  null: () => null,
  answersText: () => "text",
  answersNumber: () => 7,
  answersObject: () => ({}),
  laterUndefined: async () => undefined,
  answersError: () => new Error("returned"),
  used: async () => {
    const response = new Response("used");
    await response.text();
    return response;
  },
  usedStream: async () => {
    const response = new Response(stream(["used"]));
    await response.text();
    return response;
  },
  lockedStream: () => {
    const response = new Response(stream(["locked"]));
    response.body?.getReader();
    return response;
  },
  streamFails: () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(text.encode("begun"));
          await pause();
          throw new Error("ran dry");
        },
      }),
    ),
  streamFailsAtOnce: () =>
    new Response(
      new ReadableStream({
        start() {
          throw new Error("never ran");
        },
      }),
    ),
  streamErrors: () => new Response(new ReadableStream({ start: (c) => c.error(new Error("errored")) })),
  directFails: () =>
    new Response(
      direct(async (c) => {
        c.write("begun");
        await c.flush();
        await pause();
        throw new Error("ran dry");
      }),
    ),
  generatorFails: () =>
    new Response(
      (async function* failing() {
        yield "begun";
        await pause();
        throw new Error("ran dry");
      })() as unknown as Bun.BodyInit,
    ),
};

/** What handlers see of a request and of the server. */
export const seen: Record<string, Handler> = {
  readLate: (request) =>
    new Response(
      new ReadableStream({
        async start(controller) {
          await pause();
          controller.enqueue(text.encode(`read late: ${(await request.text()).length}`));
          controller.close();
        },
      }),
    ),
  echoClone: async (request) => {
    const copy = request.clone();
    return new Response(`${(await request.text()).length} ${(await copy.text()).length}`);
  },
  handedOn: ({ body, headers }) => new Response(body, { headers: { "x-type": headers.get("content-type") ?? "" } }),
  readTwice: async (request) => {
    await request.text();
    return new Response(await request.text());
  },
  timeouts: async (request, server) => {
    server.timeout(request, 0);
    await pause();
    server.timeout(request, 255);
    return new Response("in time");
  },
  insideThrows: (_request, server) => server.fetch("http://localhost/throws"),
  allCookies: ({ cookies }) => {
    cookies?.set("b", "ü;=", { httpOnly: true, secure: true, sameSite: "strict", expires: new Date(0) });
    cookies?.set("c", "1");
    cookies?.delete("c");
    return Response.json([...(cookies ?? [])], { headers: { "set-cookie": "own=1" } });
  },
  cookiesOfStream: ({ cookies }) => {
    cookies?.set("seen", "yes");
    return new Response(stream(["with a cookie"], true));
  },
  cookiesLater: async ({ cookies }) => {
    await pause();
    cookies?.set("seen", "later");
    return Response.redirect("/else");
  },
  method: ({ method, url }) => new Response(`${method} ${new URL(url).pathname}`),
  headerList: ({ headers }) =>
    Response.json([...headers].filter(([name]) => !["x-file", "x-upstream", "host"].includes(name))),
  params: ({ params }) => Response.json(params ?? null),
  echo: async (request) => new Response(await request.text()),
  echoBody: ({ body }) => new Response(body),
  echoBytes: async (request) => new Response(await request.bytes()),
  echoJson: async (request) => Response.json(await request.json()),
  echoForm: async (request) => Response.json([...(await request.formData()).keys()]),
  echoStream: async ({ body }) => {
    let length = 0;
    for await (const chunk of body ?? []) length += chunk.length;
    return new Response(String(length));
  },
  unread: () => new Response("not read"),
  signal: ({ signal }) => new Response(String(signal.aborted)),
  server: (request, server) => {
    server.timeout(request, 20);
    return Response.json({
      ip: server.requestIP(request)?.address,
      pending: [server.pendingRequests, server.pendingWebSockets, server.subscriberCount("none")],
      port: typeof server.port,
      hostname: server.hostname,
      protocol: server.protocol,
      development: server.development,
      id: typeof server.id,
      url: server.url.pathname,
      upgraded: server.upgrade(request),
    });
  },
  inside: (_request, server) => server.fetch("http://localhost/text"),
};

export const handlers = { ...bodies, ...answers, ...seen };
