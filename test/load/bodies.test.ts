import { expect, test } from "bun:test";
import { bodyGlobals } from "../../src/load/bodies.ts";

const plugins = bodyGlobals as unknown as Classes;
const bun = { Response, ReadableStream } as unknown as Classes;

interface Made<Instance> {
  new (...params: unknown[]): Instance;
  (...params: unknown[]): Instance;
  readonly name: string;
  readonly length: number;
  readonly prototype: Instance;
}

/** As the compiler would never let them be used. */
interface Classes {
  readonly Response: Made<Response> & Record<"json" | "redirect" | "error", (...params: unknown[]) => Response>;
  readonly ReadableStream: Made<ReadableStream> & { from(chunks: string[]): ReadableStream };
}

type Controller = ReadableStreamDefaultController<string>;

/** What an expression gives, or the error that it throws. */
async function outcome(make: (classes: Classes) => unknown, classes: Classes): Promise<unknown> {
  try {
    const value = await make(classes);
    if (!(value instanceof Response)) return Bun.inspect(value);
    const { status, statusText, headers } = value;
    return { status, statusText, headers: [...headers], text: await value.text() };
  } catch (error) {
    return String(error);
  }
}

const chunks = async function* chunks(): AsyncGenerator<string> {
  yield "one ";
  yield "two";
};

const cases: Record<string, (classes: Classes) => unknown> = {
  "a text": ({ Response }) => new Response("text"),
  nothing: ({ Response }) => new Response(),
  null: ({ Response }) => new Response(null, { status: 204 }),
  "a number": ({ Response }) => new Response(7, { headers: { a: "b" } }),
  bytes: ({ Response }) => new Response(new Uint8Array([97])),
  "a blob": ({ Response }) => new Response(new Blob(["blob"], { type: "text/html" })),
  parameters: ({ Response }) => new Response(new URLSearchParams({ a: "b" })),
  "an object": ({ Response }) => new Response({}),
  "a symbol": ({ Response }) => new Response(Symbol("body")),
  "a stream": ({ Response, ReadableStream }) =>
    new Response(new ReadableStream({ start: (c: Controller) => (c.enqueue("chunk"), c.close()) })),
  "a stream of Bun": ({ Response }) => new Response(new Blob(["native"]).stream()),
  "a generator": ({ Response }) => new Response(chunks()),
  "a function": ({ Response }) => new Response(chunks),
  "a bad status": ({ Response }) => new Response("", { status: 7 }),
  "bad options": ({ Response }) => new Response("", 7),
  "without new": ({ Response }) => Response("text"),
  json: ({ Response }) => Response.json({ a: 1 }, { status: 201 }),
  "json of nothing": ({ Response }) => Response.json(),
  "json of undefined": ({ Response }) => Response.json(undefined),
  redirect: ({ Response }) => Response.redirect("/else", 301),
  "redirect without a status": ({ Response }) => Response.redirect("/else"),
  "redirect to nowhere": ({ Response }) => Response.redirect(),
  "redirect with a bad status": ({ Response }) => Response.redirect("/else", 7),
  error: ({ Response }) => Response.error().type,
  "name, length, prototype": ({ Response, ReadableStream }) => [
    ...[Response, ReadableStream].flatMap(({ name, length, prototype }) => [name, length, prototype]),
    typeof Response,
    Object.hasOwn(Response, "json"),
  ],
  "its instances": ({ Response, ReadableStream }) => [
    new Response("") instanceof globalThis.Response,
    new globalThis.Response("") instanceof Response,
    new ReadableStream({}) instanceof globalThis.ReadableStream,
    Object.getPrototypeOf(new Response("")) === globalThis.Response.prototype,
  ],
  "a subclass": ({ Response }) => {
    class Page extends Response {
      readonly own = "own";
    }
    const page = new Page("page", { status: 201 });
    return [page.own, page.status, page instanceof Page, page instanceof globalThis.Response, Object.keys(page)];
  },
  "a subclass of streams": ({ ReadableStream }) => {
    class Stream extends ReadableStream {}
    return [new Stream() instanceof Stream, new Stream({ pull() {} }) instanceof globalThis.ReadableStream];
  },
  "no source": ({ ReadableStream }) => new ReadableStream(),
  "undefined as source": ({ ReadableStream }) => new ReadableStream(undefined, { highWaterMark: 2 }),
  "null as source": ({ ReadableStream }) => new ReadableStream(null),
  "an empty source": ({ ReadableStream }) => new ReadableStream({}),
  "a source of bytes": ({ ReadableStream }) => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 8 }),
  "a bad type": ({ ReadableStream }) => new ReadableStream({ type: "else" }),
  "a bad chunk size": ({ ReadableStream }) => new ReadableStream({ type: "bytes", autoAllocateChunkSize: 0 }),
  "a bad pull": ({ ReadableStream }) => new ReadableStream({ pull: 7 }),
  "a bad strategy": ({ ReadableStream }) => new ReadableStream({}, 7),
  "a stream without new": ({ ReadableStream }) => ReadableStream(),
  "a stream from something": ({ ReadableStream }) => new globalThis.Response(ReadableStream.from(["a", "b"])),
  "this of a source": ({ ReadableStream }) => {
    const source = { start: (): void => {}, pull(c: Controller) { c.enqueue(String(this === source)); c.close(); } }; // prettier-ignore
    return new globalThis.Response(new ReadableStream(source));
  },
};

for (const [name, make] of Object.entries(cases)) {
  test(`Response and ReadableStream of plugins do as Bun's own: ${name}`, async () => {
    expect(await outcome(make, plugins)).toEqual(await outcome(make, bun));
  });
}
