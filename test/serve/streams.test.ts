import { describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { plugin, serveHost, type ServedHost } from "./served-host.ts";

/** Streams in every form in which a handler may answer one; each waits for the test's `next()` before every chunk. */
const streams = (version: number): string =>
  plugin(
    version,
    `plain: () => { let count = 0; return new Response(new ReadableStream({
       async pull(controller) { if (await wish("next")()) controller.enqueue(chunk(++count)); else controller.close(); },
       cancel() { wish("cancelled")(VERSION); } })); },
     later: async () => { await 1; return new Response(chunks()); },
     generator: () => new Response(chunks()),
     direct: () => { let count = 0; return new Response(new ReadableStream({ type: "direct",
       async pull(controller: any) { while (await wish("next")()) { controller.write(chunk(++count)); await controller.flush(); }
       controller.close(); } } as any)); },
     fetched: () => fetch(wish("upstream")()),
     failing: () => new Response(new ReadableStream({ async pull(controller) {
       if (await wish("next")()) controller.enqueue("one"); else throw new Error("the source ran dry"); } })),`,
    `const chunk = (count: number) => VERSION + "." + count + " ";
     async function* chunks() { for (let count = 1; await wish("next")(); count++) yield chunk(count); }`,
  );

const routes = {
  "/plain": "web.plain",
  "/later": "web.later",
  "/generator": "web.generator",
  "/direct": "web.direct",
  "/fetched": "web.fetched",
  "/failing": "web.failing",
} as const;

/** Hands out what streams wait for, one by one. */
class Chunks {
  readonly #asking: (() => void)[] = [];
  readonly #given: boolean[] = [];
  readonly #waiting: ((isMore: boolean) => void)[] = [];

  readonly next = (): Promise<boolean> => {
    this.#asking.shift()?.();
    const given = this.#given.shift();
    if (given !== undefined) return Promise.resolve(given);
    return new Promise((resolve) => this.#waiting.push(resolve));
  };

  give(isMore: boolean): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#given.push(isMore);
    else waiting(isMore);
  }

  /** Resolves when a stream asks for its next chunk. */
  asked(): Promise<void> {
    if (this.#waiting.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#asking.push(resolve));
  }
}

/** The versions that were freed, for those who wait for one. */
function freedVersions(served: ServedHost): { readonly versions: number[]; until(version: number): Promise<void> } {
  const versions: number[] = [];
  const waiting = new Map<number, () => void>();
  served.wish("freed", (version: number) => {
    versions.push(version);
    waiting.get(version)?.();
  });
  return {
    versions,
    until: (version) =>
      versions.includes(version) ? Promise.resolve() : new Promise((resolve) => waiting.set(version, resolve)),
  };
}

/** A stream without an end, which is sent as fast as the client reads. */
const endless = (version: number): string =>
  plugin(
    version,
    `endless: () => new Response(new ReadableStream({ type: "bytes",
       pull(controller) { controller.enqueue(new Uint8Array(1 << 16)); } }))`,
  );

/** A client that asks, and lets the answer wait. Resolves when the answer has begun. */
async function askAndNeverRead(served: ServedHost): Promise<Socket> {
  const { promise: connected, resolve } = Promise.withResolvers<void>();
  const socket = connect(Number(served.server.port), "127.0.0.1", resolve);
  await connected;
  socket.pause().write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (served.swapper.generations[0]?.calls !== 1) await Bun.sleep(1);
  return socket;
}

const decoder = new TextDecoder();

async function readText(reader: { read(): Promise<{ value?: Uint8Array | undefined }> }): Promise<string> {
  return decoder.decode((await reader.read()).value);
}

describe("a streamed response keeps its set until it ends", () => {
  const forms = ["plain", "later", "generator", "direct"].flatMap((form) => [
    { form, apart: false },
    { form, apart: true },
  ]);
  for (const { form, apart } of forms) {
    test(`${form}${apart ? ", of a module that is kept apart" : ""}: a slow stream lives through several reloads without freeDelay`, async () => {
      await using served = await serveHost({ web: streams(1) }, { routes }, {}, { apart });
      const chunks = new Chunks();
      served.wish("next", chunks.next);
      const freed = freedVersions(served);
      chunks.give(true);
      const response = await served.fetch(`/${form}`);
      if (response.body === null) throw new Error("a body was answered");
      const reader = response.body.getReader();
      expect(await readText(reader)).toBe("1.1 ");
      for (const version of [2, 3, 4]) await served.reload("web", streams(version));
      await freed.until(2);
      await freed.until(3);
      expect(freed.versions).not.toContain(1);
      const first = () => served.swapper.generations.find(({ number }) => number === 1);
      while (first()?.calls !== 1) await Bun.sleep(1);
      expect(first()).toMatchObject({ state: "draining", calls: 1 });
      chunks.give(true);
      expect(await readText(reader)).toBe("1.2 ");
      chunks.give(false);
      expect((await reader.read()).done).toBe(true);
      await served.swapper.drained();
      expect(freed.versions).toContain(1);
      expect(served.logger.of("error")).toEqual([]);
    });
  }

  test("also when the stream begins after its set was swapped out: nothing is freed between the call and the stream", async () => {
    const late = (version: number): string =>
      plugin(
        version,
        `late: async () => { await wish("gate")(); return new Response(parts()); }`,
        `async function* parts() { yield "one"; await wish("gate")(); yield " two by " + VERSION; }`,
      );
    await using served = await serveHost({ web: late(1) }, { fetch: "web.late" });
    const entered = Promise.withResolvers<void>();
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let passed = 0;
    served.wish("gate", () => {
      entered.resolve();
      return gates[passed++]?.promise;
    });
    const answer = served.fetch("/");
    await entered.promise;
    const freed = freedVersions(served);
    for (const version of [2, 3]) await served.reload("web", late(version));
    // By now nothing but the call under way holds the first set.
    await freed.until(2);
    gates[0]?.resolve();
    const response = await answer;
    for (const version of [4, 5]) await served.reload("web", late(version));
    await freed.until(4);
    gates[1]?.resolve();
    expect(await response.text()).toBe("one two by 1");
    await served.swapper.drained();
  });

  test("a fetched response is handed on while its upstream is slow", async () => {
    const chunks = new Chunks();
    using upstream = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () =>
        new Response(
          (async function* body() {
            while (await chunks.next()) yield "more ";
          })(),
        ),
    });
    await using served = await serveHost({ web: streams(1) }, { routes });
    const freed = freedVersions(served);
    served.wish("upstream", () => upstream.url.href);
    chunks.give(true);
    const response = await served.fetch("/fetched");
    if (response.body === null) throw new Error("a body was answered");
    const reader = response.body.getReader();
    expect(await readText(reader)).toBe("more ");
    for (const version of [2, 3]) await served.reload("web", streams(version));
    await freed.until(2);
    chunks.give(true);
    expect(await readText(reader)).toBe("more ");
    chunks.give(false);
    expect((await reader.read()).done).toBe(true);
    await served.swapper.drained();
    expect(freed.versions).toContain(1);
    await upstream.stop(true);
  });

  test("until the client goes away: the stream is cancelled, and then its set is freed", async () => {
    await using served = await serveHost({ web: streams(1) }, { routes });
    const chunks = new Chunks();
    const order: string[] = [];
    served.wish("next", chunks.next);
    served.wish("cancelled", (version: number) => order.push(`cancelled ${version}`));
    served.wish("freed", (version: number) => order.push(`freed ${version}`));
    chunks.give(true);
    const client = new AbortController();
    const response = await served.fetch("/plain", { signal: client.signal });
    await response.body?.getReader().read();
    await served.reload("web", streams(2));
    expect(order).toEqual([]);
    client.abort();
    await served.swapper.drained();
    expect(order).toEqual(["cancelled 1", "freed 1"]);
  });

  test("until it fails: the client sees a broken answer, the log says why", async () => {
    await using served = await serveHost({ web: streams(1) }, { routes });
    const chunks = new Chunks();
    served.wish("next", chunks.next);
    chunks.give(true);
    const response = await served.fetch("/failing");
    const body = response.text();
    await served.reload("web", streams(2));
    chunks.give(false);
    await expect(body).rejects.toThrow();
    await served.swapper.drained();
    expect(served.logger.of("error")).toEqual(["web#1: failing() failed: the source ran dry"]);
  });

  test("not when Bun never reads it: for HEAD, and for a client that left before it was answered", async () => {
    const late = (version: number): string =>
      plugin(
        version,
        `late: async () => { await wish("gate")(); return new Response(new ReadableStream({
           cancel() { wish("cancelled")(VERSION); } })); }`,
      );
    await using served = await serveHost({ web: late(1) }, { fetch: "web.late" });
    const client = new AbortController();
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    let cancelled = Promise.withResolvers<number>();
    served.wish("cancelled", (version: number) => cancelled.resolve(version));
    served.wish("gate", () => Promise.resolve());
    expect((await served.fetch("/", { method: "HEAD" })).status).toBe(200);
    expect(await cancelled.promise).toBe(1);

    cancelled = Promise.withResolvers();
    served.wish("gate", () => {
      entered.resolve();
      return gate.promise;
    });
    const answer = served.fetch("/", { signal: client.signal });
    await entered.promise;
    client.abort();
    await expect(answer).rejects.toThrow();
    gate.resolve();
    expect(await cancelled.promise).toBe(1);
    await served.reload("web", late(2));
    await served.swapper.drained();
  });

  test("a client that reads nothing holds its set only as long as its connection lives", async () => {
    await using served = await serveHost({ web: endless(1) }, { fetch: "web.endless" });
    const socket = await askAndNeverRead(served);
    await served.reload("web", endless(2));
    expect(served.swapper.generations[0]).toMatchObject({ number: 1, state: "draining", calls: 1 });
    socket.destroy();
    await served.swapper.drained();
    expect(served.swapper.generations[0]?.state).not.toBe("draining");
  });
});

test("drainTimeout cuts the streams that go on, and those whose client reads nothing, by closing their connections", async () => {
  await using served = await serveHost(
    { web: streams(1), endless: endless(1) },
    { routes: { ...routes, "/": "endless.endless" } },
    { drainTimeout: 1 },
  );
  const chunks = new Chunks();
  served.wish("next", chunks.next);
  const bodies: Promise<string>[] = [];
  for (const form of ["plain", "generator", "direct"]) {
    const answer = served.fetch(`/${form}`);
    // Those that are open take some of them.
    const feeding = setInterval(() => chunks.give(true), 1);
    bodies.push((await answer).text());
    clearInterval(feeding);
  }
  const socket = await askAndNeverRead(served);
  const { promise: closed, resolve } = Promise.withResolvers<unknown>();
  socket.on("error", () => {}).on("close", resolve);
  await served.host.change("endless", endless(2));
  await served.reload("web", streams(2));
  await served.swapper.drained();
  for (const { status } of await Promise.allSettled(bodies)) expect(status).toBe("rejected");
  // What was sent already can still be read.
  socket.resume();
  await closed;
  expect(served.logger.of("warn").toSorted()).toEqual([
    expect.stringMatching(/^a set that was swapped out is retired after drainTimeout .*responses: 4/),
    expect.stringMatching(/^endless#1: 1 of its responses were still being sent when its set was retired/),
    expect.stringMatching(/^web#1: 3 of its responses were still being sent when its set was retired/),
  ]);
  expect(served.logger.of("error")).toEqual([]);
  expect(served.swapper.generations.filter(({ number, state }) => number === 1 && state === "draining")).toEqual([]);
});

describe("the code of a stream", () => {
  test.each([false, true])(
    "runs in its generation's context: what a generator opens is closed with it (kept apart: %p)",
    async (apart) => {
      const ticking = (version: number): string =>
        plugin(
          version,
          `ticks: () => new Response(ticks())`,
          `async function* ticks() { setInterval(() => wish("tick")(VERSION), 1); yield "started"; }`,
        );
      await using served = await serveHost({ web: ticking(1) }, { fetch: "web.ticks" }, {}, { apart });
      let ticks: number[] = [];
      let next = Promise.withResolvers<void>();
      served.wish("tick", (version: number) => {
        ticks.push(version);
        next.resolve();
      });
      expect(await served.ask("/")).toEqual([200, "started"]);
      await next.promise;
      await served.reload("web", ticking(2));
      await served.swapper.drained();
      ticks = [];
      next = Promise.withResolvers();
      await served.ask("/");
      await next.promise;
      expect(ticks).not.toContain(1);
    },
  );
});

describe("a response without a stream", () => {
  test("is sent as Bun sends it: length and type stay", async () => {
    const web = plugin(
      1,
      `text: () => new Response("text"), json: () => Response.json({ a: 1 }), empty: () => new Response(null, { status: 204 }),
       blob: () => new Response(new Blob(["<p>"], { type: "text/html" })), bytes: () => new Response(new Uint8Array(3)),
       file: () => new Response(Bun.file(wish("file")())), redirect: () => Response.redirect("/text"),`,
    );
    const names = ["text", "json", "empty", "blob", "bytes", "file", "redirect"];
    const forms = Object.fromEntries(names.map((name) => [`/${name}`, `web.${name}`] as const));
    await using served = await serveHost({ web }, { routes: forms, versionHeader: "x-hotswap" });
    served.wish("file", () => served.host.project.path("package.json"));
    using plain = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: ({ url }) =>
        served.swapper.current?.findPlugin("web")?.invokeFunc(new URL(url).pathname.slice(1)) as Response,
    });
    const answer = async (name: string, server: URL): Promise<unknown[]> => {
      const response = await fetch(new URL(name, server), { redirect: "manual" });
      const { status, headers } = response;
      const [type, length, location] = ["content-type", "content-length", "location"].map((key) => headers.get(key));
      return [name, status, type, length, location, await response.text()];
    };
    for (const name of names) {
      expect(await answer(name, served.server.url)).toEqual(await answer(name, plain.url));
      expect((await served.fetch(name, { redirect: "manual" })).headers.get("x-hotswap")).toBe("web#1");
    }
    expect(await answer("text", served.server.url)).toEqual([
      "text",
      200,
      "text/plain;charset=utf-8",
      "4",
      null,
      "text",
    ]);
    await plain.stop(true);
  });
});
