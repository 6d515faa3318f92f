import { answerFailure, Responder, type ResponderOptions, unavailable } from "./responder.ts";
import type { Target } from "./target.ts";

/** `Bun.serve` takes anything from a handler, and says what it thinks of it. */
export type RequestHandler = (request: Request, server?: Bun.Server<unknown>) => unknown;

/** A handler for `Bun.serve` that calls the function of the current set. Answers 503 when the set has no such function. */
export function createRequestHandler(target: Target, options: ResponderOptions): RequestHandler {
  let newest: Responder | undefined;

  return (request, server) => {
    if (server === undefined) return respondAside(target, request);
    const manager = target.current;
    if (newest === undefined || newest.manager !== manager) {
      const plugin = target.find(manager);
      newest = manager && plugin && new Responder(manager, plugin, server, target, options);
    }
    return newest === undefined ? unavailable() : newest.respond(request);
  };
}

/** The answer to a request that no client sent: `server.fetch()` gives its handler no server, and whoever calls it has the response. */
function respondAside(target: Target, request: Request): unknown {
  const plugin = target.find(target.current);
  if (plugin === undefined) return unavailable();
  try {
    const answer = target.call(plugin, 1, request, undefined, undefined);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => answerFailure(target, plugin, request, error));
  } catch (error) {
    return answerFailure(target, plugin, request, error);
  }
}
