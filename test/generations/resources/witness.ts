import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kind } from "./opener.ts";

/** What the witness of the tests knows; plugins reach it as a host module. */
export const witnessModule = `export const witness = globalThis.__witness__;`;

/** The host's side of every resource: what plugins report to, connect to, and are looked at from. */
export class Witness implements AsyncDisposable {
  readonly watched: string;
  readonly workerFile: string;
  readonly #dir: string;
  readonly #ticks = new Map<string, number>();
  readonly #ports = new Map<string, number>();
  readonly #pids = new Map<string, number>();
  readonly #handles = new Map<string, unknown>();
  /** Keys of the connections to this host that are open. */
  readonly #connected = new Set<string>();
  readonly #server: Bun.Server<string>;
  readonly #listener: Bun.TCPSocketListener<{ key: string }>;
  #touches = 0;

  private constructor(dir: string) {
    this.#dir = dir;
    this.watched = join(dir, "watched");
    this.workerFile = join(dir, "worker.js");
    const connected = this.#connected;
    this.#server = Bun.serve<string>({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch(request, server) {
        const key = decodeURIComponent(new URL(request.url).search.slice(1));
        if (server.upgrade(request, { data: key })) return undefined;
        connected.add(key);
        request.signal.addEventListener("abort", () => connected.delete(key));
        return new Promise<Response>(() => {});
      },
      websocket: {
        open: ({ data }) => void connected.add(data),
        close: ({ data }) => void connected.delete(data),
        message() {},
      },
    });
    this.#listener = Bun.listen<{ key: string }>({
      port: 0,
      hostname: "127.0.0.1",
      socket: {
        open(socket) {
          socket.data = { key: "" };
        },
        data(socket, bytes) {
          socket.data.key += bytes.toString();
          connected.add(socket.data.key);
        },
        close: (socket) => void connected.delete(socket.data.key),
        error: (socket) => void connected.delete(socket.data.key),
      },
    });
  }

  static async create(): Promise<Witness> {
    const witness = new Witness(await mkdtemp(join(tmpdir(), "hotswap-test-")));
    await mkdir(witness.watched);
    for (const key of ["", "1", "22"]) await writeFile(witness.watchedFile(key), "");
    await writeFile(
      witness.workerFile,
      `const { parentPort } = require("node:worker_threads"); setInterval(() => (parentPort ?? self).postMessage(1), 1);`,
    );
    Reflect.set(globalThis, "__witness__", witness);
    return witness;
  }

  get url(): string {
    return this.#server.url.href;
  }

  get tcpPort(): number {
    return this.#listener.port;
  }

  /** One of three files: several watchers share each, of one generation and of several. */
  watchedFile(key: string): string {
    return join(this.watched, `file ${key.length % 3}`);
  }

  tick(key: string): void {
    this.#ticks.set(key, (this.#ticks.get(key) ?? 0) + 1);
  }

  port(key: string, port: number): void {
    this.#ports.set(key, port);
  }

  pid(key: string, pid: number): void {
    this.#pids.set(key, pid);
  }

  pidFile(key: string): string {
    return join(this.#dir, `${key}.pid`);
  }

  handle(key: string, handle: unknown): void {
    this.#handles.set(key, handle);
  }

  /** Forgets what it knows of these keys, so that they can be used again. */
  forget(isForgotten: (key: string) => boolean): void {
    for (const known of [this.#ticks, this.#ports, this.#pids, this.#handles]) {
      for (const key of known.keys()) if (isForgotten(key)) known.delete(key);
    }
  }

  /** Resolves when the resource proves to be open. */
  async open(kind: Kind, key: string): Promise<void> {
    switch (kind) {
      case "setInterval":
      case "setTimeout":
      case "setImmediate":
      case "Worker":
      case "node:worker_threads":
      case "fs.watch":
      case "fs.watchFile":
      case "fs.promises.watch":
        return this.#untilTick(key);
      case "Bun.serve":
      case "node:http server":
        return expectEqual(await (await fetch(`http://127.0.0.1:${this.#portOf(key)}/`)).text(), key);
      case "Bun.listen":
      case "node:net server":
        return expectEqual(await receive(this.#portOf(key)), key);
      case "Bun.udpSocket":
      case "node:dgram":
        return expectEqual(await echo(this.#portOf(key), key), key);
      case "Bun.connect":
      case "node:net socket":
      case "WebSocket":
      case "fetch":
      case "node:http request with an Agent of its own":
        return until(() => this.#connected.has(key));
      case "Bun.spawn":
      case "node:child_process":
      case "Bun.$":
        return until(async () => isRunning(await this.#pidOf(key)));
      case "bun:sqlite":
      case "node:sqlite":
        return void this.#query(key);
      default:
        return kind satisfies never;
    }
  }

  /**
   * Resolves when the resource is closed, or never came to be open; `live` is one of the same kind that is open, and as
   * quick as this one was.
   */
  async closed(kind: Kind, key: string, live: string): Promise<void> {
    switch (kind) {
      case "setInterval":
      case "setTimeout":
      case "setImmediate":
      case "Worker":
      case "node:worker_threads":
      case "fs.watch":
      case "fs.watchFile":
      case "fs.promises.watch": {
        const before = this.#ticks.get(key);
        for (let count = 0; count < 5; count++) await this.#untilTick(live);
        return expectEqual(this.#ticks.get(key), before);
      }
      case "Bun.serve":
      case "node:http server":
      case "Bun.listen":
      case "node:net server":
        return until(async () => {
          const port = this.#ports.get(key);
          return port === undefined || (await receive(port).catch(() => undefined)) === undefined;
        });
      case "Bun.udpSocket":
      case "node:dgram": {
        const port = this.#ports.get(key);
        // Nobody else can have a port that is still bound.
        if (port !== undefined) (await Bun.udpSocket({ hostname: "127.0.0.1", port })).close();
        return undefined;
      }
      case "Bun.connect":
      case "node:net socket":
      case "WebSocket":
      case "fetch":
      case "node:http request with an Agent of its own":
        return until(() => !this.#connected.has(key));
      case "Bun.spawn":
      case "node:child_process":
      case "Bun.$":
        return until(async () => !isRunning(await this.#pidOf(key)));
      case "bun:sqlite":
      case "node:sqlite":
        return expectThrows(() => this.#query(key));
      default:
        return kind satisfies never;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Reflect.deleteProperty(globalThis, "__witness__");
    this.#listener.stop(true);
    await this.#server.stop(true);
    await rm(this.#dir, { recursive: true });
  }

  #portOf(key: string): number {
    const port = this.#ports.get(key);
    if (port === undefined) throw new Error(`nothing listens as "${key}"`);
    return port;
  }

  async #pidOf(key: string): Promise<number> {
    const known = this.#pids.get(key);
    // A shell may be killed before it wrote its number.
    return known ?? Number.parseInt(await readFile(this.pidFile(key), "utf8").catch(() => ""), 10);
  }

  #query(key: string): unknown {
    const database = this.#handles.get(key) as { prepare(sql: string): { all(): unknown } };
    return database.prepare("SELECT 1").all();
  }

  async #untilTick(key: string): Promise<void> {
    const before = this.#ticks.get(key) ?? 0;
    await until(async () => {
      // What watches files needs something to see.
      await writeFile(this.watchedFile(key), String(++this.#touches));
      return (this.#ticks.get(key) ?? 0) > before;
    });
  }
}

/** Waits for what happens in another process, thread or part of the system. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await Bun.sleep(1);
}

/** What the peer at this port sends before it ends. Rejects when nobody listens. */
async function receive(port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: { data: (_, bytes) => void (text += bytes.toString()), close: () => resolve(text) },
  });
  return promise;
}

async function echo(port: number, message: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_, bytes) => resolve(bytes.toString()) },
  });
  socket.send(message, port, "127.0.0.1");
  const answer = await promise;
  socket.close();
  return answer;
}

function isRunning(pid: number): boolean {
  if (Number.isNaN(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function expectEqual(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${Bun.inspect(expected)}, got ${Bun.inspect(actual)}`);
}

function expectThrows(action: () => unknown): void {
  try {
    action();
  } catch {
    return;
  }
  throw new Error("expected it to be closed");
}
