import { describe, expect, test } from "bun:test";
import { Client } from "./client.ts";
import { plugin, serveHost, type ServedHost } from "./served-host.ts";

interface SocketData {
  name: string;
  frames: number;
}

const options = {
  fetch: "chat.upgrade",
  websocket: { plugin: "chat", data: {} as SocketData, publishToSelf: true },
} as const;

/** Makes a socket of each request, which keeps its path as a name. */
const upgrade = `upgrade: (request: Request, server: any) =>
  server.upgrade(request, { data: { name: new URL(request.url).pathname.slice(1), frames: 0 } })
    ? undefined : new Response("this is a WebSocket", { status: 426 })`;

const chat = (version: number, more = ""): string =>
  plugin(
    version,
    `${upgrade},
     open: (socket: any) => { socket.subscribe("all"); socket.send("welcome by " + VERSION); },
     message: (socket: any, frame: any) => {
       socket.data.frames++;
       if (frame === "shout") socket.publish("all", socket.data.name + " shouts by " + VERSION);
       else socket.send(VERSION + ": " + socket.data.name + " " + frame + " " + socket.data.frames);
     },
     ${more}`,
  );

const serveChat = (source = chat(1)): Promise<ServedHost<SocketData>> => serveHost({ chat: source }, options);

describe("sockets over reloads", () => {
  test("each frame goes to the current set; the socket, its data and its topics stay", async () => {
    await using served = await serveChat();
    const ada = await Client.connect(served.server.url, "/ada");
    const bob = await Client.connect(served.server.url, "/bob");
    expect([await ada.next(), await bob.next()]).toEqual(["welcome by 1", "welcome by 1"]);
    expect(await ada.ask("hi")).toBe("1: ada hi 1");
    await served.reload("chat", chat(2));
    await served.swapper.drained();
    expect(await ada.ask("hi")).toBe("2: ada hi 2");
    expect(served.server.subscriberCount("all")).toBe(2);
    ada.send("shout");
    expect([await ada.next(), await bob.next()]).toEqual(["ada shouts by 2", "ada shouts by 2"]);
    served.server.publish("all", "from the host");
    expect([await ada.next(), await bob.next()]).toEqual(["from the host", "from the host"]);
    await served.swapper.rollback();
    expect(await ada.ask("hi")).toBe("1: ada hi 4");
    expect([ada.isOpen, bob.isOpen]).toEqual([true, true]);
  });

  test("6.3 an open socket, its data and a response that was streamed keep no old generation in memory", async () => {
    const streaming = (version: number): string =>
      chat(version, `stream: () => new Response((async function* parts() { yield "streamed by " + VERSION; })())`);
    await using served = await serveHost<SocketData>(
      { chat: streaming(1) },
      { ...options, routes: { "/stream": "chat.stream" }, versionHeader: "x-hotswap" },
    );
    const client = await Client.connect(served.server.url, "/ada");
    await client.next();
    await client.ask("hi");
    expect(await served.ask("/stream")).toEqual([200, "streamed by 1"]);
    await served.reload("chat", streaming(2));
    await served.swapper.drained();
    for (let round = 0; served.swapper.generations.some(({ number }) => number === 1); round++) {
      expect(round).toBeLessThan(200);
      Bun.gc(true);
      await Bun.sleep(1);
    }
    expect(client.isOpen).toBe(true);
  });

  test("200 reloads while frames are being answered: no socket closes, each frame is answered by one consistent set", async () => {
    const base = (version: number): string =>
      `import { definePlugin } from "hotswap"; export default definePlugin({ export: () => ({ version: () => ${version} }) });`;
    const top = (version: number): string => `
      import { definePlugin, dependency } from "hotswap";
      const deps = { base: dependency<{ version(): number }>("version") };
      export default definePlugin({ import: () => deps, functions: {
        upgrade: (request: Request, server: any) => server.upgrade(request) ? undefined : new Response("", { status: 426 }),
        async message(socket: any, frame: any) {
          const before = deps.base.version();
          // Half of the frames are answered over several turns of the event loop, in which a reload may happen.
          if (Number(frame) % 2 === 0) { await Promise.resolve(); await new Promise((resolve) => setTimeout(resolve, 1)); }
          socket.send([frame, ${version}, before, deps.base.version()].join(" "));
        },
      } });`;
    await using served = await serveHost(
      { base: base(0), top: top(0) },
      { fetch: "top.upgrade", websocket: { message: "top.message" } },
    );
    const clients = await Promise.all(Array.from({ length: 4 }, () => Client.connect(served.server.url)));
    const run = { isOver: false };
    const versions = new Set<number>();
    const talk = async (client: Client): Promise<number> => {
      let frames = 0;
      for (; !run.isOver; frames++) {
        const [frame, ...seen] = (await client.ask(String(frames))).split(" ").map(Number);
        expect(frame).toBe(frames);
        expect(new Set(seen).size).toBe(1);
        versions.add(seen[0] ?? Number.NaN);
      }
      return frames;
    };
    const talks = clients.map(talk);
    for (let version = 1; version <= 200; version++) {
      await served.host.project.write({ "plugin/base/index.ts": base(version), "plugin/top/index.ts": top(version) });
      await served.host.project.buildAll("base", "top");
      await served.swapper.reload();
      while (!versions.has(version)) await Bun.sleep(0);
    }
    run.isOver = true;
    for (const frames of await Promise.all(talks)) expect(frames).toBeGreaterThan(0);
    expect(clients.every(({ isOpen }) => isOpen)).toBe(true);
    expect(served.logger.of("error")).toEqual([]);
    await served.swapper.drained();
  }, 60_000);
});

describe("events", () => {
  test("open, message, ping, pong, drain and close are all called in the current set", async () => {
    const source = (version: number): string =>
      plugin(
        version,
        `${upgrade},
         open: (socket: any) => socket.send("opened by " + VERSION),
         message: (socket: any, frame: any) => {
           if (frame === "fill") while (socket.send("x".repeat(1 << 20)) > 0);
           else socket.ping("from the server");
         },
         ping: (socket: any, data: any) => { socket.send("pinged by " + VERSION + ": " + data); },
         pong: (socket: any, data: any) => { socket.send("ponged by " + VERSION + ": " + data); },
         drain: () => { wish("event")("drained by " + VERSION); },
         close: (socket: any, code: number, reason: string) => {
           wish("event")(["closed by", VERSION, socket.data.name, code, reason].join(" "));
         }`,
      );
    await using served = await serveHost<SocketData>({ chat: source(1) }, options);
    let event = Promise.withResolvers<string>();
    served.wish("event", (what: string) => event.resolve(what));
    const client = await Client.connect(served.server.url, "/ada");
    expect(await client.next()).toBe("opened by 1");
    await served.reload("chat", source(2));
    client.ping();
    expect(await client.next()).toBe("pinged by 2: pong me");
    expect(await client.ask("probe")).toBe("ponged by 2: from the server");
    client.send("fill");
    expect(await event.promise).toBe("drained by 2");
    event = Promise.withResolvers();
    client.close(4001, "enough");
    expect(await event.promise).toBe("closed by 2 ada 4001 enough");
  });

  test("an event for which the plugin has no function is ignored, until a reload brings one", async () => {
    await using served = await serveChat();
    const client = await Client.connect(served.server.url, "/ada");
    await client.next();
    client.ping();
    expect(await client.ask("hi")).toBe("1: ada hi 1");
    await served.reload("chat", chat(2, `ping: (socket: any) => { socket.send("pinged by " + VERSION); }`));
    client.ping();
    expect(await client.next()).toBe("pinged by 2");
    expect(served.logger.of("error")).toEqual([]);
  });

  test("a named function, and a handler of the host's, go before the plugin's function of that name", async () => {
    await using served = await serveHost<SocketData>(
      { chat: chat(1, `greet: (socket: any) => { socket.send("greeted by " + VERSION); }`) },
      {
        ...options,
        websocket: { ...options.websocket, open: "chat.greet", message: (socket) => void socket.send("the host") },
      },
    );
    const client = await Client.connect(served.server.url, "/ada");
    expect(await client.next()).toBe("greeted by 1");
    expect(await client.ask("hi")).toBe("the host");
  });
});

describe("what goes wrong", () => {
  test("as with Bun: what is thrown is logged, a rejection is nobody's, and the socket stays open", async () => {
    const failing = plugin(
      1,
      `${upgrade},
       message: (socket: any, frame: any) => {
         if (frame === "throw") throw new Error("thrown");
         if (frame === "reject") return Promise.reject(new Error("rejected"));
         socket.send("fine");
       }`,
    );
    await using served = await serveHost<SocketData>({ chat: failing }, options);
    const client = await Client.connect(served.server.url);
    client.send("throw");
    client.send("reject");
    expect(await client.ask("go on")).toBe("fine");
    expect(served.logger.of("error")).toEqual([
      "chat#1: message() failed: thrown",
      "chat#1: a rejection nobody handled in background work: rejected",
    ]);
  });

  test("as with Bun: an open that throws refuses the socket", async () => {
    const strict = plugin(1, `${upgrade}, open: () => { throw new Error("who are you?"); }`);
    await using served = await serveHost<SocketData>({ chat: strict }, options);
    const client = await Client.connect(served.server.url);
    expect(await client.closed).toMatchObject({ code: 1006 });
    expect(served.logger.of("error")).toEqual(["chat#1: open() failed: who are you?"]);
  });

  for (const [whose, error] of [
    ["the host's", ({ message }: Error, socket: Bun.ServerWebSocket<SocketData>) => socket.close(4000, message)],
    ["a plugin's", "chat.wrong"],
  ] as const) {
    test(`${whose} error handler hears of it, too, and may close the socket`, async () => {
      const failing = plugin(
        1,
        `${upgrade}, message: () => { throw new Error("thrown"); }, wrong: (error: Error, socket: any) => socket.close(4000, error.message)`,
      );
      await using served = await serveHost<SocketData>(
        { chat: failing },
        { ...options, websocket: { ...options.websocket, error } },
      );
      const client = await Client.connect(served.server.url);
      client.send("go");
      expect(await client.closed).toEqual({ code: 4000, reason: "thrown" });
      expect(served.logger.of("error")).toEqual(["chat#1: message() failed: thrown"]);
    });
  }

  test("while the plugin is not in the set frames are dropped, which is logged once, and the socket stays open", async () => {
    await using served = await serveChat();
    const client = await Client.connect(served.server.url, "/ada");
    await client.next();
    await served.host.project.remove("bin/chat.js");
    await served.swapper.reload();
    for (const frame of ["lost", "lost", "lost"]) client.send(frame);
    await served.logger.line(/chat\.message/);
    await served.reload("chat", chat(3));
    expect(await client.ask("found")).toBe("3: ada found 1");
    expect(served.logger.of("error")).toEqual([
      `chat.message was asked for, but "chat" is not in the current set: build it and reload; hotswap dev does both once its folder is there (said once for each set)`,
    ]);
  });
});

describe("upgrade", () => {
  test("says which generation did it, beside the plugin's own headers; an ordinary request is answered as one", async () => {
    const own = plugin(
      1,
      `upgrade: (request: Request, server: any) =>
         server.upgrade(request, { headers: { "set-cookie": "a=1" } }) ? undefined : new Response("no", { status: 426 })`,
    );
    await using served = await serveHost<SocketData>({ chat: own }, { ...options, versionHeader: "x-hotswap" });
    const response = await served.fetch("/", { headers: webSocketHeaders });
    expect(response.status).toBe(101);
    expect(response.headers.get("x-hotswap")).toBe("chat#1");
    expect(response.headers.get("set-cookie")).toBe("a=1");
    expect(await served.ask("/")).toEqual([426, "no"]);
  });

  test("after an await the upgrade still works, and the plugin sees what the server says of itself", async () => {
    const slow = plugin(
      1,
      `async upgrade(request: Request, server: any) {
         await 1;
         server.timeout(request, 30);
         const seen = [server.pendingRequests, server.pendingWebSockets, server.subscriberCount("all"), server.url.hostname];
         return server.upgrade(request, { data: { name: seen.join(" "), frames: 0 } }) ? undefined : new Response("", { status: 426 });
       },
       message: (socket: any) => { socket.send(socket.data.name); }`,
    );
    await using served = await serveHost<SocketData>({ chat: slow }, options);
    const client = await Client.connect(served.server.url);
    expect(await client.ask("what did you see?")).toBe("1 0 0 127.0.0.1");
  });
});

const webSocketHeaders = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};
