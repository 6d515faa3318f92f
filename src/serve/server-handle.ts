import { guard } from "../vault/data/guard.ts";

type Shared =
  | "upgrade"
  | "publish"
  | "subscriberCount"
  | "requestIP"
  | "timeout"
  | "pendingRequests"
  | "pendingWebSockets"
  | "url";

type UpgradeOptions = { headers?: Bun.HeadersInit; data?: unknown } | undefined;

/**
 * What a plugin's function gets of the server: all but what is the host's business, like stopping it. `SocketData` is what
 * `socket.data` holds.
 */
export type ServerHandle<SocketData = undefined> = Pick<Bun.Server<SocketData>, Shared>;

/** The server as one generation sees it. */
export class PluginServer implements ServerHandle<unknown> {
  readonly #server: Bun.Server<unknown>;
  readonly #version: readonly [header: string, value: string] | undefined;
  readonly #upgraded = new WeakSet<Request>();

  /** `version` is the header that answers which generation did it. */
  constructor(server: Bun.Server<unknown>, version: readonly [header: string, value: string] | undefined) {
    this.#server = server;
    this.#version = version;
  }

  /**
   * Makes a WebSocket of the request, as `Bun.Server.upgrade` does. `data` becomes `socket.data`; the socket outlives this
   * generation, so nothing in it may belong to a plugin's code. Throws `HOTSWAP_NOT_SERIALIZABLE` with the path of what does.
   */
  upgrade(request: Request, options?: UpgradeOptions): boolean {
    const data: unknown = options?.data;
    guard({ data });
    const done = this.#server.upgrade(request, { data, ...this.#headers(options?.headers) });
    if (done) this.#upgraded.add(request);
    return done;
  }

  /** Whether {@link upgrade} made a WebSocket of the request, which then needs no response. @internal */
  isUpgraded(request: Request): boolean {
    return this.#upgraded.has(request);
  }

  publish(...params: Parameters<Bun.Server<unknown>["publish"]>): number {
    return this.#server.publish(...params);
  }

  subscriberCount(topic: string): number {
    return this.#server.subscriberCount(topic);
  }

  requestIP(request: Request): Bun.SocketAddress | null {
    return this.#server.requestIP(request);
  }

  /** Sets the idle timeout of the request's connection, in seconds; 0 for none. */
  timeout(request: Request, seconds: number): void {
    this.#server.timeout(request, seconds);
  }

  get pendingRequests(): number {
    return this.#server.pendingRequests;
  }

  get pendingWebSockets(): number {
    return this.#server.pendingWebSockets;
  }

  get url(): URL {
    return this.#server.url;
  }

  #headers(given: Bun.HeadersInit | undefined): { headers?: Bun.HeadersInit } {
    if (this.#version === undefined) return given === undefined ? {} : { headers: given };
    const headers = new Headers(given);
    headers.set(...this.#version);
    return { headers };
  }
}
