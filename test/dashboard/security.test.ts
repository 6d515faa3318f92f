import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { journalPlugin } from "../support/host.ts";
import { serveDashboard } from "../../src/dashboard/serve.ts";
import { createShown, type Shown } from "./shown.ts";

/** Every path that the page uses. */
const paths = ["", "page.js", "page.css", "feed", "api/plan"];

describe("a dashboard on a loopback address", () => {
  let shown: Shown;
  let own: string;

  beforeAll(async () => {
    shown = await createShown({ alpha: journalPlugin("alpha") }, { allowReload: true });
    own = new URL(shown.url).origin;
  });

  afterAll(() => shown[Symbol.asyncDispose]());

  /** Status of the answer to a request with these headers, as a browser would send them. */
  async function ask(path: string, headers: Record<string, string>, method = "GET"): Promise<number> {
    const authorization = `Bearer ${shown.board.token}`;
    const response = await fetch(new URL(path, shown.url), {
      method,
      headers: { authorization, ...headers },
      redirect: "manual",
    });
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    await response.body?.cancel();
    return response.status;
  }

  test("answers under the names of the loopback interface, with any port", async () => {
    const port = new URL(shown.url).port;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`, "localhost"]) {
      expect([host, await ask("", { host })]).toEqual([host, 200]);
    }
  });

  test("refuses a foreign name that was made to point here (DNS rebinding)", async () => {
    for (const host of [
      "evil.example",
      "evil.example:80",
      "127.0.0.1.evil.example",
      "localhost.evil.example:1",
      "x@localhost",
    ]) {
      for (const path of paths) expect([host, path, await ask(path, { host })]).toEqual([host, path, 421]);
      expect(await ask("api/reload", { host, origin: `http://${host}` }, "POST")).toBe(421);
    }
  });

  test("refuses requests of other origins, on every path, whatever the method", async () => {
    for (const origin of [
      "http://evil.example",
      "null",
      "http://localhost:1",
      own.replace("http:", "ftp:x"),
      "garbage",
    ]) {
      for (const path of paths) expect([origin, path, await ask(path, { origin })]).toEqual([origin, path, 403]);
      for (const path of ["api/reload", "api/rollback"]) expect(await ask(path, { origin }, "POST")).toBe(403);
      expect(await ask("api/reload", { origin, "access-control-request-method": "POST" }, "OPTIONS")).toBe(403);
    }
  });

  test("refuses what another page embeds or fetches, also one of the same site", async () => {
    for (const site of ["cross-site", "same-site"]) {
      for (const path of paths) {
        for (const dest of ["script", "iframe", "image", "empty"]) {
          const headers = { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": dest };
          expect([path, dest, await ask(path, headers)]).toEqual([path, dest, 403]);
        }
      }
    }
  });

  test("lets a link elsewhere open the page, and nothing but the page", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    expect(await ask("", link)).toBe(200);
    for (const path of paths.slice(1)) expect([path, await ask(path, link)]).toEqual([path, 403]);
    expect(await ask("", { ...link, "sec-fetch-dest": "iframe" })).toBe(403);
  });

  test("takes a POST only from its own origin, and says so", async () => {
    expect(await ask("api/reload", {}, "POST")).toBe(403);
    expect(await ask("api/reload", { origin: own, "sec-fetch-site": "same-origin" }, "POST")).toBe(200);
    expect(shown.host.swapper.reloadCounter).toBe(1);
  });

  /** Status of the answer to a request that comes with this alone. */
  const statusWith = async (path: string, headers: Record<string, string>, method = "GET"): Promise<number> => {
    const response = await fetch(new URL(path, new URL(shown.url).origin), { method, headers });
    await response.body?.cancel();
    return response.status;
  };

  test("asks for its token, on every path, and says nothing without it", async () => {
    const { token } = shown.board;
    const { port } = new URL(shown.url);
    for (const path of paths) {
      expect([path, await statusWith(path, {})]).toEqual([path, 401]);
      expect(await statusWith(path, { authorization: "Bearer " })).toBe(401);
      expect(await statusWith(path, { authorization: `Bearer ${token.slice(0, -1)}` })).toBe(401);
      expect(await statusWith(path, { authorization: `Bearer ${token.toUpperCase()}` })).toBe(401);
      expect(await statusWith(path, { cookie: `hotswap-1=${token}` })).toBe(401);
      expect(await statusWith(path, { cookie: `a=b; hotswap-${port}=${token}` })).toBe(200);
    }
    for (const path of paths.slice(1)) expect(await statusWith(`${path}?token=${token}`, {})).toBe(401);
    const before = shown.host.swapper.reloadCounter;
    expect(await statusWith("api/reload", { origin: own }, "POST")).toBe(401);
    expect(shown.host.swapper.reloadCounter).toBe(before);
  });

  test("keeps the token of the address in a cookie that no other site makes a browser send", async () => {
    const response = await fetch(shown.url);
    const { port } = new URL(shown.url);
    expect(response.headers.get("set-cookie")).toBe(
      `hotswap-${port}=${shown.board.token}; Path=/; HttpOnly; SameSite=Strict`,
    );
    expect(await statusWith(`?token=${shown.board.token}x`, {})).toBe(401);
  });

  test("a token that could be guessed is refused", () => {
    for (const token of ["", "short", "with space and more", "a;b=cccccccccccccc"]) {
      expect(() => serveDashboard("none.sock", { token })).toThrow(RangeError);
    }
  });

  test("knows its paths and their methods, and no others", async () => {
    expect(await ask("api/vault?key=secret", {})).toBe(200);
    expect(await ask("api/explain?plugin=nobody&number=1", {})).toBe(409);
    expect(await ask("api/vault/value?key=secret", {})).toBe(404);
    expect(await ask("page/../../package.json", {})).toBe(404);
    expect(await ask("page/tsconfig.json", {})).toBe(404);
    expect(await ask("constructor", {})).toBe(404);
    expect(await ask("api/reload", {})).toBe(405);
    expect(await ask("api/plan", { origin: own }, "POST")).toBe(405);
    expect(await ask("", { origin: own }, "DELETE")).toBe(405);
  });

  test("says with every answer that nothing may be loaded from elsewhere, framed, or read by others", async () => {
    for (const [path, headers] of [
      ["", {}],
      ["nowhere", {}],
      ["", { host: "evil.example" }],
      ["page.js", {}],
    ] as const) {
      const response = await fetch(new URL(path, shown.url), {
        headers: { authorization: `Bearer ${shown.board.token}`, ...headers },
      });
      const policy = response.headers.get("content-security-policy") ?? "";
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ]) {
        expect(policy).toContain(part);
      }
      expect(policy).not.toContain("unsafe");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      expect(response.headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(response.headers.get("cache-control")).toBe("no-store");
      await response.body?.cancel();
    }
  });

  test.skipIf(process.platform !== "linux")("listens at the loopback address alone", async () => {
    const port = Number(new URL(shown.url).port).toString(16).toUpperCase().padStart(4, "0");
    const tables = await Promise.all(
      ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
    );
    // The second column is the local address in hexadecimal, the fourth the state: 0A listens.
    const listening = tables
      .flatMap((table) => table.split("\n"))
      .map((line) => line.trim().split(/\s+/))
      .filter(([, address, , state]) => state === "0A" && address?.endsWith(`:${port}`) === true);
    expect(listening.map(([, address]) => address)).toEqual([`0100007F:${port}`]);
  });
});

describe("a dashboard that only reads", () => {
  test("refuses to reload and to roll back, and says how to allow it", async () => {
    await using shown = await createShown({ alpha: journalPlugin("alpha") });
    const headers = { origin: new URL(shown.url).origin, authorization: `Bearer ${shown.board.token}` };
    for (const path of ["api/reload", "api/rollback"]) {
      const response = await fetch(new URL(path, shown.url), { method: "POST", headers });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain("--allow-reload");
    }
    expect(shown.host.swapper.reloads).toHaveLength(1);
  });
});
