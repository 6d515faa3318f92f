import { expect, test } from "bun:test";
import { hasStream } from "../../src/serve/stream-response.ts";

const stream = (): ReadableStream<string> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue("text");
      controller.close();
    },
  });

async function* generator(): AsyncGenerator<string> {
  yield "text";
}

class OwnResponse extends Response {
  readonly #note = "a field that counts as memory";

  get note(): string {
    return this.#note;
  }
}

const headers = { "content-type": "text/html", "content-length": "4", "x-long": "x".repeat(5000) };
const fromFile = Bun.file(import.meta.path);
const direct = { type: "direct" as const, pull: (controller: { close(): void }) => controller.close() };

const withStream: Readonly<Record<string, () => Response>> = {
  "a stream": () => new Response(stream()),
  "a stream with headers": () => new Response(stream(), { headers }),
  "a stream with a status": () => new Response(stream(), { status: 299, statusText: "x".repeat(100) }),
  "a stream with properties": () => Object.assign(new Response(stream()), { one: 1, two: "two", [Symbol("three")]: 3 }),
  "a stream in a subclass": () => new OwnResponse(stream()),
  "a stream that was cloned": () => new Response(stream()).clone() as Response,
  "a stream that was looked at": () => {
    const response = new Response(stream());
    return response.body === null ? Response.error() : response;
  },
  "a generator": () => new Response(generator()),
  "a direct stream": () => new Response(new ReadableStream(direct as never)),
  "a stream of bytes": () => new Response(new ReadableStream({ type: "bytes" })),
  "a file's stream": () => new Response(fromFile.stream()),
  "a blob's stream": () => new Response(new Blob(["text"]).stream()),
  "a child's output": () => new Response(Bun.spawn(["true"], { stdout: "pipe" }).stdout),
};

const withoutStream: Readonly<Record<string, () => Response>> = {
  nothing: () => new Response(null),
  "an empty text": () => new Response(""),
  "a text": () => new Response("text"),
  "a text with headers": () => new Response("text", { headers }),
  "a text with a status": () => new Response("text", { status: 299, statusText: "Strange" }),
  "a text that looks like a stream": () =>
    new Response("\n  ReadableStream {", { headers: { "x-a": "ReadableStream {" } }),
  "a text with properties": () => Object.assign(new Response("text"), { one: 1 }),
  "a text in a subclass": () => new OwnResponse("text"),
  JSON: () => Response.json({ a: 1 }),
  bytes: () => new Response(new Uint8Array(4)),
  "a blob": () => new Response(new Blob(["te", "xt"])),
  "a file": () => new Response(fromFile),
  "a form": () => new Response(new URLSearchParams({ a: "b" })),
  "a redirection": () => Response.redirect("/"),
};

for (const [what, create] of Object.entries(withStream)) {
  test(`a response with ${what} has a stream`, () => expect(hasStream(create())).toBe(true));
}

for (const [what, create] of Object.entries(withoutStream)) {
  test(`a response with ${what} has no stream, and is left as it is`, () => {
    const response = create();
    expect(hasStream(response)).toBe(false);
    expect(response.bodyUsed).toBe(false);
  });
}

test("a fetched response has a stream, whether it has arrived or not", async () => {
  const gate = Promise.withResolvers<void>();
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: ({ url }) =>
      url.endsWith("/late")
        ? new Response(
            (async function* late() {
              yield "text";
              await gate.promise;
            })(),
          )
        : new Response("text"),
  });
  const late = await fetch(new URL("late", server.url));
  const whole = await fetch(server.url);
  expect([hasStream(late), hasStream(whole)]).toEqual([true, true]);
  gate.resolve();
  expect(await Promise.all([late.text(), whole.text()])).toEqual(["text", "text"]);
  await server.stop(true);
});
