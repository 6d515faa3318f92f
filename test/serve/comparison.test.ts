import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Child } from "../support/child.ts";
import { answers, bodies, seen } from "./comparison/handlers.ts";
import { exchange, normalized, type RawRequest, requestBytes, socketBytes } from "./comparison/raw.ts";
import type { Servers } from "./comparison/servers.ts";

let child: Child;
let servers: Servers;

beforeAll(async () => {
  child = new Child(["bun", join(import.meta.dir, "comparison", "servers.ts")], { cwd: import.meta.dir });
  servers = JSON.parse(await child.line(/^\{/)) as Servers;
});

afterAll(async () => {
  child.kill("SIGTERM");
  expect(await child.exit()).toBe(0);
});

type Mode = Exclude<keyof Servers, "upstream" | "file">;

async function compare(requests: readonly RawRequest[], mode: Mode = "production"): Promise<void> {
  for (const request of requests) {
    const headers = { "x-file": servers.file, "x-upstream": servers.upstream, ...request.headers };
    await compareBytes(requestBytes({ ...request, headers }), mode);
  }
}

async function compareBytes(bytes: string | Uint8Array, mode: Mode): Promise<string> {
  const { ours, theirs } = servers[mode];
  const [our, their] = await Promise.all([exchange(ours, bytes), exchange(theirs, bytes)]);
  const sent = String(bytes);
  expect({ sent, answer: normalized(our) }).toEqual({ sent, answer: normalized(their) });
  return our;
}

const etag = `"own"`;

/** The ways to ask for one thing. */
function waysOf(path: string): RawRequest[] {
  return [
    { path },
    { path, method: "HEAD" },
    { path, method: "POST", body: "posted" },
    { path, method: "DELETE" },
    { path, version: "1.0" },
    { path, headers: { connection: "close", "accept-encoding": "gzip" } },
    ...["bytes=0-3", "bytes=4-", "bytes=-5", "bytes=900-", "bytes=3-1", "bytes=0-1,4-5", "lines=1-2"].map((range) => ({
      path,
      headers: { range },
    })),
    { path, headers: { "if-none-match": etag } },
    { path, headers: { "if-none-match": "*" } },
    { path, headers: { "if-modified-since": new Date(Date.now() + 60_000).toUTCString() } },
    { path, headers: { "if-modified-since": new Date(0).toUTCString() } },
    { path, headers: { "if-range": etag, range: "bytes=0-3" } },
  ];
}

describe("the same bytes as Bun.serve sends", () => {
  for (const name of Object.keys(bodies)) test(`body: ${name}`, () => compare(waysOf(`/${name}`)));

  for (const name of Object.keys(answers)) {
    test(`answer: ${name}`, () =>
      compare([
        { path: `/${name}` },
        { path: `/${name}`, method: "HEAD" },
        { path: `/${name}`, method: "POST", body: "x" },
        { path: `/${name}`, headers: { cookie: "name=Ada" } },
        { path: `/${name}`, version: "1.0" },
      ]));
  }

  for (const name of Object.keys(seen)) {
    test(`seen: ${name}`, () =>
      compare([
        { path: `/${name}?a=1&b=%20` },
        { path: `/${name}`, method: "POST", body: `{"a":1}`, headers: { "content-type": "application/json" } },
        {
          path: `/${name}`,
          method: "PUT",
          body: "4\r\nfour\r\n0\r\n\r\n",
          headers: { "transfer-encoding": "chunked" },
        },
        {
          path: `/${name}`,
          method: "POST",
          body: "a=b&c=d",
          headers: { "content-type": "application/x-www-form-urlencoded" },
        },
        { path: `/${name}`, method: "POST", body: "x".repeat(100_000) },
        { path: `/${name}`, method: "POST", body: "" },
      ]));
  }

  test("routes: parameters, wildcards, tables of methods, and what is no function", async () => {
    const paths = [
      "/of/this/7",
      "/of/a%20b/%C3%BC",
      "/of/only",
      "/wild/a/b",
      "/methods",
      "/fixed",
      "/fixedFile",
      "/fixedFileResponse",
      "/absent",
      "/else",
      "/",
      "/text/",
    ];
    for (const path of paths) await compare(waysOf(path));
  });

  test("requests that come on one connection, before the answers to those before them", async () => {
    const names = [
      "text",
      "muchLater",
      "slowStream",
      "nothing",
      "echo",
      "status304",
      "generator",
      "rejectsLater",
      "file",
    ];
    const keep = { connection: "keep-alive", "x-file": servers.file };
    const requests = names.flatMap((name) => [
      requestBytes({ path: `/${name}`, method: "POST", body: name, headers: keep }),
      requestBytes({ path: `/${name}`, method: "HEAD", headers: keep }),
      requestBytes({ path: `/${name}`, headers: keep }),
    ]);
    await compareBytes(requests.join("") + requestBytes({ path: "/text" }), "production");
  });

  test("requests that are no HTTP, or ask for more than an answer", async () => {
    const lines = [
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
      "GET /text HTTP/2.0\r\nhost: a\r\n\r\n",
      "nonsense\r\n\r\n",
      "GET http://other/text HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
      "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: x\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-trailer: 1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
      `GET /text HTTP/1.1\r\nhost: a\r\nx-large: ${"x".repeat(20_000)}\r\nconnection: close\r\n\r\n`,
    ];
    for (const line of lines) await compareBytes(line, "production");
  });

  test("methods", async () => {
    for (const method of [
      "GET",
      "HEAD",
      "POST",
      "PUT",
      "PATCH",
      "DELETE",
      "OPTIONS",
      "TRACE",
      "CONNECT",
      "PROPFIND",
      "get",
    ]) {
      await compare([
        { path: "/method", method },
        { path: "/methods", method },
      ]);
    }
  });

  test("on a Unix socket", async () => {
    for (const name of Object.keys(bodies))
      await compare([{ path: `/${name}` }, { path: `/${name}`, method: "HEAD" }], "unix");
  });

  test("by modules that are kept apart", async () => {
    for (const name of [...Object.keys(bodies), ...Object.keys(answers)])
      await compare([{ path: `/${name}` }], "apart");
  });

  const variants = ["plain", "bare", "greeted", "closed", "refused", "headers"];
  const said =
    "echo:a status:bc bytes:d packed:e ping:f pong:g later:h cork:i data: state: throw:j echo:still_there subscribe:room publish:room unsubscribe:room publish:room replace:k data:";
  const frames = [new Uint8Array([2, 0, 1, 255]), new Uint8Array([9, 112]), new Uint8Array([10, 113])];
  const messages = [...said.split(" "), ...frames, `echo:${"x".repeat(300)}`];

  for (const mode of ["production", "sockets"] as const) {
    test(`sockets: ${mode}`, async () => {
      for (const variant of variants) await compareBytes(socketBytes(`/socket/${variant}`, messages), mode);
      for (const end of ["close:bye", "closeDefault:", "terminate:"]) {
        await compareBytes(socketBytes("/socket/plain", ["echo:one", end, "echo:too late"]), mode);
      }
      await compareBytes(socketBytes("/socket/plain", [`echo:${"y".repeat(5000)}`, "echo:after it"]), mode);
      const wishes = "sec-websocket-protocol: one, two\r\nsec-websocket-extensions: permessage-deflate\r\n";
      await compareBytes(socketBytes("/socket/headers", ["packed:z"], wishes), mode);
      await compare([{ path: "/socket/plain" }, { path: "/socket/plain", method: "POST", body: "x" }], mode);
    });
  }
});

describe("in development", () => {
  /** What Bun's page says of an error: its text, and the lines of the source around its place. */
  async function pageOf(server: string, path: string): Promise<unknown> {
    const response = await fetch(new URL(path, server), { headers: { accept: "text/html" } });
    const json = /<script id="__bunfallback" type="application\/json">(.*?)<\/script>/.exec(await response.text())?.[1];
    const { problems } = JSON.parse(json ?? "{}") as { problems?: { exceptions: Shown[] } };
    return problems?.exceptions.map(({ name, message, stack }) => ({
      status: response.status,
      type: response.headers.get("content-type"),
      name,
      message,
      lines: stack?.source_lines.map(({ text }) => text),
    }));
  }

  interface Shown {
    readonly name: string;
    readonly message: string;
    readonly stack?: { readonly source_lines: readonly { readonly text: string }[] };
  }

  for (const path of ["throws", "rejects", "rejectsLater", "cookiesAndThrow"]) {
    test(`Bun's page shows the lines of the plugin's source: ${path}`, async () => {
      const { ours, theirs } = servers.development;
      const page = await pageOf(ours, path);
      expect(page).toEqual(await pageOf(theirs, path));
      expect(page).toMatchObject([
        { status: 500, lines: expect.arrayContaining([expect.stringContaining("new Error(")]) },
      ]);
    });
  }

  test("everything else is the same", async () => {
    for (const name of Object.keys(bodies)) await compare([{ path: `/${name}` }], "development");
  });
});
