import { parseReference } from "./function-reference.ts";
import type { ServeOptions } from "./options.ts";
import { createRequestHandler, type RequestHandler } from "./request-handler.ts";
import { createSocketHandlers } from "./socket-handlers.ts";
import { type SetSource, Target } from "./target.ts";

/**
 * `Bun.serve` with plugins' functions as handlers, called in the set that is current when a request or a frame comes:
 *
 *     const server = serve(swapper, {
 *       port: 3000,
 *       routes: { "/": "chat.page", "/health": new Response("ok") },
 *       fetch: "web.fetch",
 *       websocket: { plugin: "chat", idleTimeout: 60 },
 *     });
 *
 * The server and its sockets belong to the host: reloads close nothing, and `socket.data` and topics stay. A set is kept until
 * its responses have ended, with their streams. A function that the current set lacks is answered with 503, one that fails
 * with 500 (or by `error`, when it is given), and both are logged; sockets stay open in either case.
 *
 * Throws a `TypeError` for a string that names no function, and what `Bun.serve` throws.
 */
export function serve<SocketData = undefined, const Path extends string = string>(
  swapper: SetSource,
  options: ServeOptions<SocketData, Path>,
): Bun.Server<SocketData> {
  const { fetch, routes, websocket, versionHeader, ...rest } = options as unknown as ServeOptions<unknown, string>;
  const handlerOptions = { versionHeader, rethrow: options.error !== undefined };
  const targets: Target[] = [];
  const handlerOf = (value: unknown, where: string): unknown => {
    if (typeof value !== "string") return value;
    const target = new Target(swapper, parseReference(value, where));
    targets.push(target);
    return createRequestHandler(target, handlerOptions) satisfies RequestHandler;
  };
  const sockets = websocket && createSocketHandlers(swapper, websocket);
  const bunOptions = {
    ...rest,
    ...(fetch !== undefined && { fetch: handlerOf(fetch, "fetch") }),
    ...(routes !== undefined && { routes: mapRoutes(routes, handlerOf) }),
    ...(sockets !== undefined && { websocket: sockets.handlers }),
  };
  const server = Bun.serve(bunOptions as Bun.Serve.Options<SocketData>);
  // A misspelt name shows now, and not at the first request.
  if (swapper.current !== undefined) for (const target of [...targets, ...(sockets?.targets ?? [])]) target.find();
  return server;
}

type MapValue = (value: unknown, where: string) => unknown;

function mapRoutes(routes: Readonly<Record<string, unknown>>, map: MapValue): Record<string, unknown> {
  return mapValues(routes, (value, path) =>
    isMethodTable(value)
      ? mapValues(value, (handler, method) => map(handler, `routes["${path}"].${method}`))
      : map(value, `routes["${path}"]`),
  );
}

/** `{ GET: ..., POST: ... }`, in contrast to a `Response`, a file, an imported page, or the options of a folder. */
function isMethodTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.keys(value).every((key) => /^[A-Z]+$/.test(key));
}

function mapValues(record: Readonly<Record<string, unknown>>, map: MapValue): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
