import type { Failure, Reload } from "../control/protocol.ts";
import { PROMETHEUS_TYPE, prometheusText } from "../observe/prometheus.ts";
import { toWire } from "../control/wire.ts";
import { refusalOf, safetyHeaders } from "./guard.ts";
import type { ShownHost } from "./host/shown-host.ts";
import { TokenGate } from "./token.ts";
import { streamFeed } from "./viewer-stream.ts";
import { HostWatch } from "./host/watch.ts";

/** Where a dashboard is mounted, and what its page may do. */
export interface DashboardOptions {
  /**
   * Whether the page may ask for a reload or rollback.
   *
   * @default false
   */
  readonly allowReload?: boolean;
  /**
   * Where the dashboard is mounted, with slashes at both ends.
   *
   * @default "/"
   */
  readonly path?: string;
  /** Names, besides those of the loopback interface, under which the server may be reached: `["admin.example.org"]`. */
  readonly hosts?: readonly string[];
}

/** How a dashboard is protected that the host did not mount itself. */
interface Protection {
  /** Without one, whoever reaches the server sees the page. */
  readonly token?: string;
}

/** What the handler needs of the server it is mounted in. */
export interface RequestServer {
  timeout(request: Request, seconds: number): void;
}

type Method = "GET" | "POST";

/** What the page may ask the host for, by the path under the dashboard's own. */
const questions: Readonly<
  Record<string, { readonly method: Method; ask(host: ShownHost, query: URLSearchParams): Promise<Response> }>
> = {
  metrics: {
    method: "GET",
    ask: async (host) =>
      new Response(prometheusText(await host.metrics()), { headers: { "content-type": PROMETHEUS_TYPE } }),
  },
  "api/metrics": {
    method: "GET",
    ask: async (host, query) => {
      const { generations } = await host.metrics();
      return Response.json(generations.filter(({ plugin }) => plugin === query.get("plugin")));
    },
  },
  "api/explain": {
    method: "GET",
    ask: async (host, query) =>
      Response.json(await host.explain(query.get("plugin") ?? "", Number(query.get("number")))),
  },
  "api/vault": {
    method: "GET",
    ask: async (host, query) => Response.json(await host.vaultValue(query.get("key") ?? "")),
  },
  "api/plan": { method: "GET", ask: async (host) => Response.json(await host.plan()) },
  "api/reload": { method: "POST", ask: async (host) => reloadAnswer(await host.reload()) },
  "api/rollback": { method: "POST", ask: async (host) => reloadAnswer(await host.rollback()) },
};

/**
 * Answers the requests of the dashboard's page. Reads only, unless `allowReload` is set. Requests that another web page caused, and
 * those that come under a name that is not ours, are refused.
 */
export class Dashboard implements Disposable {
  /** A handler for `Bun.serve`, for one of its `routes` as well as for its `fetch`. */
  readonly fetch: (request: Request, server?: RequestServer) => Promise<Response>;
  readonly #host: ShownHost;
  readonly #watch: HostWatch;
  readonly #allowReload: boolean;
  readonly #path: string;
  readonly #hosts: ReadonlySet<string>;
  readonly #gate: TokenGate | undefined;
  readonly #closing = new AbortController();

  /** `target` tells people what the dashboard looks at. Throws a `RangeError` for a path without slashes at both ends. */
  constructor(host: ShownHost, target: string, options: DashboardOptions & Protection = {}) {
    const { allowReload = false, path = "/", hosts = [], token } = options;
    if (!path.startsWith("/") || !path.endsWith("/")) {
      throw new RangeError(`path must begin and end with a slash, like "/hotswap/", not "${path}"`);
    }
    this.#host = host;
    this.#allowReload = allowReload;
    this.#path = path;
    this.#gate = token === undefined ? undefined : new TokenGate(token);
    this.#hosts = new Set(hosts.map((name) => name.toLowerCase()));
    this.#watch = new HostWatch(host, { allowReload, target });
    this.fetch = async (request, server) => withSafety(await this.#answer(request, server));
  }

  /** Ends the connections of viewers and stops following the host. Later requests are answered with status 503. */
  close(): void {
    this.#closing.abort();
    this.#watch.close();
  }

  /** The same as {@link Dashboard.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #answer(request: Request, server: RequestServer | undefined): Promise<Response> {
    // A request whose Host header makes no sense has a path as its URL.
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const path = pathname.startsWith(this.#path) ? pathname.slice(this.#path.length) : undefined;
    const refusal = refusalOf(request, this.#hosts, path === "");
    if (refusal !== undefined) return failure(refusal.status, refusal.message);
    if (this.#gate?.admits(request, path === "") === false) {
      return failure(401, "this dashboard asks for its token: open the address that `hotswap dashboard` printed");
    }
    if (this.#closing.signal.aborted) return failure(503, "the dashboard is closed");
    if (path === undefined) {
      if (`${pathname}/` === this.#path) return new Response(null, { status: 308, headers: { location: this.#path } });
      return failure(404, `the dashboard is at ${this.#path}`);
    }
    const question = Object.hasOwn(questions, path) ? questions[path] : undefined;
    const methods = question === undefined ? ["GET", "HEAD"] : [question.method];
    if (!methods.includes(request.method)) {
      const response = failure(405, `${pathname} takes ${methods.join(", ")}, not ${request.method}`);
      response.headers.set("allow", methods.join(", "));
      return response;
    }
    if (question !== undefined) {
      server?.timeout(request, 0);
      return this.#forward(question, searchParams);
    }
    if (path === "feed") {
      server?.timeout(request, 0);
      return new Response(streamFeed(this.#watch, this.#closing.signal), {
        headers: { "content-type": "text/event-stream; charset=utf-8" },
      });
    }
    const { pageFiles } = await import("./page-files.ts");
    const file = pageFiles.get(path);
    if (file === undefined) return failure(404, `the dashboard has no ${pathname}`);
    const response = new Response(file.content, { headers: { "content-type": file.type } });
    if (path === "" && this.#gate !== undefined) {
      response.headers.set("set-cookie", this.#gate.cookie(request, this.#path));
    }
    return response;
  }

  async #forward({ method, ask }: (typeof questions)[string], query: URLSearchParams): Promise<Response> {
    if (method === "POST" && !this.#allowReload) {
      return failure(403, "this dashboard only reads: start it with --allow-reload (allowReload) to let it reload");
    }
    try {
      return await ask(this.#host, query);
    } catch (error) {
      return Response.json({ error: toWire(error) } satisfies Failure, { status: 409 });
    }
  }
}

/** A reload that failed is an answer like any other, with the status that the control socket gives it. */
function reloadAnswer(reload: Reload): Response {
  return Response.json(reload, { status: reload.ok ? 200 : 409 });
}

function failure(status: number, message: string): Response {
  const body: Failure = { error: { code: null, message, plugin: null, phase: null } };
  return Response.json(body, { status });
}

function withSafety(response: Response): Response {
  for (const [name, value] of Object.entries(safetyHeaders)) response.headers.set(name, value);
  return response;
}
