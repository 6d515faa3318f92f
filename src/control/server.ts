import { chmodSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { describeError, HotswapError, isHotswapError } from "../errors.ts";
import type { ProbationOptions } from "../reload/probation.ts";
import type { ReloadRecord } from "../reload/reload-log.ts";
import { systemFailure } from "../system-failure.ts";
import { runInHost } from "../run-in-host.ts";
import {
  explainedOf,
  generationsOf,
  metricsOf,
  planOf,
  reloadOf,
  reloadsOf,
  statusOf,
  storedValueOf,
  vaultKeysOf,
  vaultValueOf,
} from "./answers.ts";
import { EventStream } from "./event-stream.ts";
import { Feed, follow } from "./feed.ts";
import type { Failure, ReloadEvent, ReloadRefused } from "./protocol.ts";
import { clearSocketPath, refusePipe, withPrivateMode } from "./socket.ts";
import type { HostTarget } from "../reload/host-target.ts";
import { toWire } from "./wire.ts";

/** How long, in ms, a closing server waits for clients to fetch their responses. */
const DELIVERY_TIME = 500;

/** A reload may take its time, and so may the next event. Bun heeds this on a Unix socket, too, but its types do not. */
const patient: object = { idleTimeout: 0 };

/** Serves whoever may open the socket; protocol.ts says what can be asked. */
export class ControlServer implements AsyncDisposable {
  /** Absolute path of the socket. */
  readonly path: string;
  readonly #target: HostTarget;
  readonly #feed: Feed;
  readonly #server: Bun.Server<undefined>;
  readonly #underWay = new Set<Promise<unknown>>();
  readonly #removeAtExit = (): void => rmSync(this.path, { force: true });

  private constructor(path: string, target: HostTarget) {
    this.path = path;
    this.#target = target;
    this.#feed = new Feed(target.swapper);
    this.#server = withPrivateMode(() => this.#listen());
    chmodSync(path, 0o600);
    process.on("exit", this.#removeAtExit);
  }

  /**
   * Begins to listen at `path`, for the owner of the process alone. A socket that a dead process left there is replaced.
   * Throws `HOTSWAP_CONTROL_FAILED` when that is not possible.
   */
  static async open(path: string, target: HostTarget): Promise<ControlServer> {
    refusePipe(path);
    const absolute = resolve(path);
    try {
      await clearSocketPath(absolute);
      // In the host's context: a plugin that makes the host reload must not own the socket.
      return runInHost(() => new ControlServer(absolute, target));
    } catch (error) {
      if (isHotswapError(error)) throw error;
      throw new HotswapError(
        "HOTSWAP_CONTROL_FAILED",
        `no control socket can be opened at ${absolute}: ${systemFailure(error) ?? describeError(error)}`,
        { cause: error },
      );
    }
  }

  /**
   * Ends event streams, waits for answers that are under way, and removes the socket. Clients that ask for nothing, or that do
   * not fetch their answers, are cut off.
   */
  async close(): Promise<void> {
    this.#feed.close();
    void this.#server.stop();
    await Promise.allSettled(this.#underWay);
    const deadline = performance.now() + DELIVERY_TIME;
    while (this.#server.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(1);
    await this.#server.stop(true);
    process.off("exit", this.#removeAtExit);
    this.#removeAtExit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #listen(): Bun.Server<undefined> {
    const target = this.#target;
    const { swapper } = target;
    const get = (answer: (url: URL) => unknown): { GET: (request: Request) => Promise<Response> } => ({
      GET: (request) => this.#follow(async () => Response.json(await answer(new URL(request.url)))),
    });
    const post = (act: (url: URL) => Promise<ReloadRecord>): { POST: (request: Request) => Promise<Response> } => ({
      POST: (request) =>
        this.#follow(async () => {
          const streamed = request.headers.get("accept")?.includes("application/x-ndjson") === true;
          const start = (): Promise<ReloadRecord> => act(new URL(request.url));
          return streamed ? this.#stream(start) : this.#act(start);
        }),
    });
    const routes = {
      "/status": get(() => statusOf(swapper)),
      "/plan": get((url) => planOf(swapper, url.searchParams.get("rehearse") === "true")),
      "/generations": get(() => generationsOf(swapper)),
      "/explain": get((url) => explainedOf(swapper, requireParam(url, "plugin"), Number(requireParam(url, "number")))),
      "/reloads": get(() => reloadsOf(swapper)),
      "/metrics": get(() => metricsOf(swapper)),
      "/vault": get(() => vaultKeysOf(swapper)),
      "/vault/value": get((url) => vaultValueOf(swapper, requireParam(url, "key"))),
      "/vault/stored": get((url) => storedValueOf(swapper, requireParam(url, "key"))),
      "/events": { GET: () => eventStream(this.#feed.open("server-sent"), "text/event-stream") },
      "/reload": post((url) => target.reload(probationIn(url))),
      "/rollback": post(() => target.rollback()),
    };
    const options: Bun.Serve.Options<undefined> = {
      unix: this.path,
      development: false,
      maxRequestBodySize: 65_536,
      routes,
      fetch: (request) => refuse(request, routes),
      error: (error) => failure(500, error),
    };
    const server = Bun.serve(Object.assign(options, patient));
    // Nobody keeps a host running only to ask it how it does.
    server.unref();
    return server;
  }

  #follow(answer: () => Promise<Response>): Promise<Response> {
    return this.#keep(answer().catch((error: unknown) => failure(error instanceof RangeError ? 400 : 409, error)));
  }

  async #act(act: () => Promise<ReloadRecord>): Promise<Response> {
    const record = await act();
    return Response.json(reloadOf(record), { status: record.ok ? 200 : 409 });
  }

  /** The reload as it goes on; what it was refused for before it began is told as any other failure. */
  async #stream(act: () => Promise<ReloadRecord>): Promise<Response> {
    const began = Promise.withResolvers<void>();
    const stream = new EventStream<ReloadEvent | ReloadRefused>("lines", () => unsubscribe());
    const unsubscribe = follow(this.#target.swapper, (event) => {
      // The end of this reload is sent below. The next reload that ends may be another one.
      if (event.type !== "start" && event.type !== "progress") return;
      stream.send(event);
      began.resolve();
    });
    const done = this.#keep(act());
    done.then(
      (record) => {
        stream.send({ type: "end", reload: reloadOf(record) });
        stream.close();
      },
      (error: unknown) => {
        stream.send({ type: "refused", error: toWire(error) });
        stream.close();
      },
    );
    await Promise.race([began.promise, done]);
    return eventStream(stream.body, "application/x-ndjson");
  }

  /** What {@link close} has to wait for. */
  #keep<Result>(promise: Promise<Result>): Promise<Result> {
    const end = (): void => void this.#underWay.delete(promise);
    this.#underWay.add(promise);
    promise.then(end, end);
    return promise;
  }
}

function eventStream(body: ReadableStream<Uint8Array>, type: string): Response {
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}

function requireParam(url: URL, name: string): string {
  const value = url.searchParams.get(name);
  if (value === null) throw new RangeError(`${url.pathname} needs the parameter "${name}"`);
  return value;
}

/** The probation that a reload is asked for with. */
function probationIn({ searchParams }: URL): { readonly probation?: ProbationOptions } {
  const watch = searchParams.get("probation");
  if (watch === null) return {};
  return { probation: { watch: Number(watch), maxErrors: Number(searchParams.get("maxErrors") ?? 0) } };
}

function refuse(request: Request, routes: Readonly<Record<string, object>>): Response {
  const { pathname } = new URL(request.url);
  const methods = routes[pathname];
  if (methods === undefined) return failure(404, new Error(`there is no ${pathname} here`));
  return failure(405, new Error(`${pathname} takes ${Object.keys(methods).join(", ")}, not ${request.method}`));
}

function failure(status: number, error: unknown): Response {
  return Response.json({ error: toWire(error) } satisfies Failure, { status });
}
