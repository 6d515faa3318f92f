import { HotswapError } from "../errors.ts";
import { guard } from "../vault/data/guard.ts";
import type { ServerHandle } from "./place.ts";
import type { Opener, PinnedSockets } from "./pinned-sockets.ts";

type UpgradeOptions = { headers?: Bun.HeadersInit; data?: unknown } | undefined;

/** What the handlers of a server have in common. */
export interface ServerShare {
  readonly sockets: PinnedSockets;
  readonly reported: ReportedErrors;
  /** Called with each failure of a request that goes on to Bun; returns whether Bun prints it on the terminal on which the logger would. */
  readonly leaveToBun: () => boolean;
}

/** The errors that were logged, so that nobody logs them again. */
export class ReportedErrors {
  readonly #objects = new WeakSet<object>();
  #newest: unknown;

  add(error: unknown): void {
    if (typeof error === "object" && error !== null) this.#objects.add(error);
    else this.#newest = error;
  }

  has(error: unknown): boolean {
    return typeof error === "object" && error !== null ? this.#objects.has(error) : error === this.#newest;
  }
}

export interface PluginServerOptions extends Opener {
  /** The header that says which generation answered. */
  readonly version: readonly [header: string, value: string] | undefined;
  readonly share: ServerShare;
}

/** The server as one generation in one set sees it. */
export class PluginServer implements ServerHandle<unknown> {
  readonly #server: Bun.Server<unknown>;
  readonly #options: PluginServerOptions;
  readonly #upgraded = new WeakSet<Request>();

  constructor(server: Bun.Server<unknown>, options: PluginServerOptions) {
    this.#server = server;
    this.#options = options;
  }

  /**
   * Makes a WebSocket of the request, as `Bun.Server.upgrade` does. `data` becomes `socket.data`. When all of it is plain, the
   * socket belongs to the host and meets new code after a reload. When some of it may belong to the plugin's code (functions,
   * instances of classes, promises), its events go to this set, which is kept until the socket closes.
   */
  upgrade(request: Request, options?: UpgradeOptions): boolean {
    const data: unknown = options?.data;
    const { sockets } = this.#options.share;
    const pinned = typeof data === "object" && data !== null && !isPlain(data) ? data : undefined;
    if (pinned !== undefined) sockets.expect(pinned, this.#options);
    const done = this.#server.upgrade(request, { data, ...this.#headers(options?.headers) });
    if (done) this.#upgraded.add(request);
    else if (pinned !== undefined) sockets.forget(pinned);
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

  fetch(request: Request | string): Response | Promise<Response> {
    return this.#server.fetch(request);
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

  get port(): number | undefined {
    return this.#server.port;
  }

  get hostname(): string | undefined {
    return this.#server.hostname;
  }

  get protocol(): "http" | "https" | null {
    return this.#server.protocol;
  }

  get development(): boolean {
    return this.#server.development;
  }

  get id(): string {
    return this.#server.id;
  }

  #headers(given: Bun.HeadersInit | undefined): { headers?: Bun.HeadersInit } {
    const { version } = this.#options;
    if (version === undefined) return given === undefined ? {} : { headers: given };
    const headers = new Headers(given);
    headers.set(...version);
    return { headers };
  }
}

/** Whether nothing in the data can belong to a plugin's code. */
function isPlain(data: object): boolean {
  try {
    guard(data);
    return true;
  } catch (error) {
    if (error instanceof HotswapError) return false;
    throw error;
  }
}
