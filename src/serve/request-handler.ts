import type { Pin } from "../link/calls.ts";
import type { Plugin } from "../link/plugin.ts";
import { PinnedStream } from "./pinned-stream.ts";
import { PluginServer } from "./server-handle.ts";
import { hasStream } from "./stream-response.ts";
import { isUnavailable, type Target } from "./target.ts";

/** What `fetch` and routes of `Bun.serve` may answer; nothing after an upgrade. */
type Answer = Response | undefined;

export type RequestHandler = (request: Request, server: Bun.Server<unknown>) => Answer | Promise<Answer>;

export interface RequestHandlerOptions {
  /** The response header that says which generation answered. */
  readonly versionHeader: string | undefined;
  /** Whether what a plugin throws goes on to the `error` handler of `Bun.serve`, after it was logged. */
  readonly rethrow: boolean;
}

/** A generation that answers requests. */
interface Responder {
  readonly plugin: Plugin;
  readonly server: PluginServer;
  readonly version: readonly [header: string, value: string] | undefined;
}

/**
 * A handler for `Bun.serve` that calls the function of the current set. The set of a call is kept until the response, and
 * its stream, have ended. Answers 503 when the set has no such function, and 500 when it fails.
 */
export function createRequestHandler(target: Target, options: RequestHandlerOptions): RequestHandler {
  let newest: Responder | undefined;

  return (request, server) => {
    const set = target.set;
    const plugin = target.find();
    if (set === undefined || plugin === undefined) return plainText(503, "Service Unavailable");
    if (newest?.plugin !== plugin) newest = createResponder(plugin, server, options.versionHeader);
    const responder = newest;
    try {
      const answer = plugin.invokeFunc(target.fn, request, responder.server);
      if (!(answer instanceof Promise)) return finish(responder, request, answer);
      // Not released before the stream that may come out of it is pinned itself.
      return finishLater(responder, request, answer, set.calls.pin());
    } catch (error) {
      return fail(responder, error);
    }
  };

  async function finishLater(
    responder: Responder,
    request: Request,
    answer: Promise<unknown>,
    pin: Pin,
  ): Promise<Answer> {
    try {
      return finish(responder, request, await answer);
    } catch (error) {
      return fail(responder, error);
    } finally {
      pin.end();
    }
  }

  function finish(responder: Responder, request: Request, answer: unknown): Answer {
    if (answer instanceof Response) return withVersion(pinned(answer, responder.plugin), responder);
    if (answer === undefined && responder.server.isUpgraded(request)) return undefined;
    throw new TypeError(`it must answer a Response, not ${Bun.inspect(answer, { depth: 0 })}`);
  }

  function pinned(response: Response, plugin: Plugin): Response {
    // Bun refuses a body that was used, and says so.
    if (response.bodyUsed || !hasStream(response) || response.body === null) return response;
    const report = (error: unknown): void => target.reportFailure(plugin, error);
    const source = new PinnedStream(response.body, plugin, target.fn, report);
    return new Response(new ReadableStream(source, { highWaterMark: 0 }), response);
  }

  function fail(responder: Responder, error: unknown): Response {
    target.reportFailure(responder.plugin, error);
    if (options.rethrow) throw error;
    const response = isUnavailable(error)
      ? plainText(503, "Service Unavailable")
      : plainText(500, "Internal Server Error");
    return withVersion(response, responder);
  }
}

function createResponder(plugin: Plugin, server: Bun.Server<unknown>, versionHeader: string | undefined): Responder {
  const version =
    versionHeader === undefined ? undefined : ([versionHeader, `${plugin.name}#${plugin.generation}`] as const);
  return { plugin, server: new PluginServer(server, version), version };
}

function withVersion(response: Response, { version }: Responder): Response {
  if (version !== undefined) response.headers.set(...version);
  return response;
}

function plainText(status: number, statusText: string): Response {
  return new Response(`${statusText}\n`, { status, statusText, headers: { "content-type": "text/plain" } });
}
