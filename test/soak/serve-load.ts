import { io, type Socket } from "socket.io-client";
import { buildApp, type Framework, serveApp } from "../serve/app-host.ts";
import { Client } from "../serve/client.ts";
import type { ServedHost } from "../serve/served-host.ts";

/** What came of a load on one app. */
export interface AppLoad {
  readonly requests: number;
  readonly frames: number;
  /** What was not as it should be. */
  readonly failures: readonly string[];
}

const json = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };

/** How each app says its version over HTTP. */
const versions: Record<Framework, readonly [path: string, init?: BunFetchRequestInit]> = {
  hono: ["/version"],
  elysia: ["/version"],
  socketio: ["/version"],
  trpc: ["/trpc/version"],
  orpc: ["/rpc/version", json],
  yoga: ["/graphql", { ...json, body: `{"query":"{ version }"}` }],
};

/** A socket under load: says which version answers. */
interface Talker {
  ask(): Promise<string>;
  close(): void;
}

const talkers: Partial<Record<Framework, (served: ServedHost) => Promise<Talker>>> = {
  hono: talkPlainly,
  elysia: talkPlainly,
  async orpc(served) {
    const client = await Client.connect(served.server.url, "/socket");
    let id = 0;
    const call = () => JSON.stringify({ i: String(++id), p: { u: "http://orpc/version", b: {} } });
    return {
      ask: async () => /"json":(\d+)/.exec(await client.ask(call()))?.[1] ?? "none",
      close: () => client.close(1000, "done"),
    };
  },
  async socketio(served) {
    const socket: Socket = io(served.server.url.origin, {
      transports: ["websocket"],
      reconnection: false,
      forceNew: true,
    });
    await new Promise((resolve) => socket.once("connect", () => resolve(undefined)));
    return {
      ask: async () => String(await socket.timeout(20_000).emitWithAck("say", "hi")).replace("heard by ", ""),
      close: () => void socket.close(),
    };
  },
};

/** The sockets whose data is plain: new code answers them. */
const carried: ReadonlySet<Framework> = new Set(["orpc"]);

async function talkPlainly(served: ServedHost): Promise<Talker> {
  const client = await Client.connect(served.server.url, "/socket");
  await client.next();
  return {
    ask: async () => (await client.ask("hi")).replace("hi by ", ""),
    close: () => client.close(1000, "done"),
  };
}

/**
 * Reloads an app again and again while clients ask it: no request may fail, and a socket is answered by the version that opened
 * it, or by the newest when its data is plain. When all have closed, nothing of the old versions may be left.
 */
export async function loadApp(framework: Framework, reloads: number): Promise<AppLoad> {
  await using served = await serveApp(framework);
  const failures: string[] = [];
  let requests = 0;
  let frames = 0;
  let newest = 1;
  const over = new AbortController();
  const [path, init] = versions[framework];

  const ask = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const before = newest;
      try {
        const [status, text] = await served.ask(path, init);
        requests++;
        const version = Number(/\d+/.exec(text)?.[0]);
        if (status !== 200 || !(version >= before && version <= newest + 1))
          failures.push(`${path}: ${status} ${text}`);
      } catch (error) {
        failures.push(`${path}: ${String(error)}`);
      }
    }
  };
  const talk = async (): Promise<void> => {
    const newTalker = talkers[framework];
    if (newTalker === undefined) return;
    const talker = await newTalker(served);
    const first = await talker.ask();
    while (!over.signal.aborted) {
      const before = newest;
      const version = await talker.ask();
      frames++;
      const isRight = carried.has(framework) ? Number(version) >= before : version === first;
      if (!isRight) failures.push(`a socket of ${first} was answered by ${version}`);
      await Bun.sleep(1);
    }
    talker.close();
  };

  const load = [ask(), ask(), ...Array.from({ length: 4 }, talk)];
  const joined: Promise<void>[] = [];
  for (let version = 2; version <= reloads + 1; version++) {
    await buildApp(served.host, framework, version);
    await served.swapper.reload();
    newest = version;
    if (version % 10 === 0) joined.push(talk());
  }
  over.abort();
  await Promise.all([...load, ...joined]);
  await served.swapper.drained();
  const left = served.swapper.generations.filter(({ state, sockets }) => state === "draining" || sockets > 0);
  if (left.length > 0) failures.push(`${left.length} generations are left`);
  failures.push(...served.logger.of("error"));
  return { requests, frames, failures };
}
