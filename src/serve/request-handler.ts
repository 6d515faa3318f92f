import type { PluginManager } from "../link/manager.ts";
import type { Plugin } from "../link/plugin.ts";
import type { Entrance } from "../generation/entrance.ts";
import { isReadByBun, onBodyFailure } from "../load/bodies.ts";
import type { OpenResponses } from "./open-responses.ts";
import { PluginServer, type ServerShare } from "./server-handle.ts";
import { isUnavailable, type Target } from "./target.ts";

/** `Bun.serve` takes anything from a handler, and says what it thinks of it. */
export type RequestHandler = (request: Request, server: Bun.Server<unknown>) => unknown;

/** What all request handlers of a server share. */
export interface RequestHandlerOptions {
  /** The response header that says which generation answered. */
  readonly versionHeader: string | undefined;
  readonly responses: OpenResponses;
  readonly share: ServerShare;
}

/** What answers requests in one set. */
interface Responder {
  readonly manager: PluginManager<unknown>;
  readonly plugin: Plugin;
  readonly entrance: Entrance;
  readonly server: PluginServer;
  readonly version: readonly [header: string, value: string] | undefined;
}

/**
 * A handler for `Bun.serve` that calls the function of the current set, and hands on what it returns as it is. Answers 503
 * when the set has no such function. What the function throws is logged, and goes on to `Bun.serve`.
 */
export function createRequestHandler(target: Target, options: RequestHandlerOptions): RequestHandler {
  const { responses, share, versionHeader } = options;
  let newest: Responder | undefined;

  return (request, server) => {
    const manager = target.current;
    if (newest === undefined || newest.manager !== manager) newest = responderIn(manager, server);
    const responder = newest;
    if (responder === undefined) return unavailable();
    let answer: unknown;
    try {
      answer = responder.entrance.enter(target.fn, 2, request, responder.server, undefined);
    } catch (error) {
      return fail(responder, request, error);
    }
    if (!(answer instanceof Promise)) return finish(responder, request, server, answer);
    // Bun answers at once when the promise is fulfilled: one made of it would not be.
    if (Bun.peek.status(answer) === "fulfilled") return finish(responder, request, server, Bun.peek(answer));
    return answer.then(
      (settled) => finish(responder, request, server, settled),
      (error: unknown) => fail(responder, request, error),
    );
  };

  function responderIn(
    manager: PluginManager<unknown> | undefined,
    server: Bun.Server<unknown>,
  ): Responder | undefined {
    const plugin = target.find(manager);
    if (manager === undefined || plugin === undefined) return undefined;
    const version =
      versionHeader === undefined ? undefined : ([versionHeader, `${plugin.name}#${plugin.generation}`] as const);
    const entrance = target.entrance(plugin);
    return {
      manager,
      plugin,
      entrance,
      server: new PluginServer(server, { manager, plugin, version, share }),
      version,
    };
  }

  function finish(responder: Responder, request: Request, server: Bun.Server<unknown>, answer: unknown): unknown {
    const { manager, plugin, version } = responder;
    if (!(answer instanceof Response)) {
      if (answer !== undefined || !responder.server.isUpgraded(request)) target.reportAnswer(plugin, answer);
      return answer;
    }
    if (answer.bodyUsed) target.reportFailure(plugin, bodyUsed());
    if (!isReadByBun(answer)) {
      responses.add(manager, plugin, request, answer, server);
      onBodyFailure(answer, (error) => {
        // The client may have left, which ends streams, too.
        if (!request.signal.aborted) target.reportFailure(plugin, error);
      });
    }
    if (version !== undefined) answer.headers.set(...version);
    return answer;
  }

  function fail({ plugin }: Responder, request: Request, error: unknown): Response {
    if (isUnavailable(error)) {
      target.reportFailure(plugin, error);
      return unavailable();
    }
    // A handler that reads what its client does not send any more fails without fault.
    if (!request.signal.aborted) target.reportFailure(plugin, error);
    throw error;
  }
}

function unavailable(): Response {
  const headers = { "content-type": "text/plain" };
  return new Response("Service Unavailable\n", { status: 503, statusText: "Service Unavailable", headers });
}

function bodyUsed(): TypeError {
  return new TypeError(
    "the body of the response it returned was used already: a Response can be sent once, so make a new one for each request",
  );
}
