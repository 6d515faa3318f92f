import type { FunctionReference } from "./function-reference.ts";

type Methods<Handler> = Partial<Record<Bun.Serve.HTTPMethod, Handler>>;

type HostHandler<Req extends Request, SocketData> = Bun.Serve.Handler<
  Req,
  Bun.Server<SocketData>,
  Response | undefined | void
>;

/** What a route leads to: a plugin's function, or anything that `Bun.serve` takes. */
export type ServeRoute<Path extends string, SocketData> =
  | FunctionReference
  | Bun.Serve.BaseRouteValue
  | HostHandler<Bun.BunRequest<Path>, SocketData>
  | Methods<FunctionReference | Response | HostHandler<Bun.BunRequest<Path>, SocketData>>;

/** The events of a socket for which a plugin's function can be called. */
export const socketEvents = ["open", "message", "close", "drain", "ping", "pong"] as const;

export type SocketEvent = (typeof socketEvents)[number];

/**
 * The `websocket` option of `Bun.serve`, in which each event may lead to a plugin's function: it gets what Bun's own handler
 * gets, the socket first.
 */
export type ServeSockets<SocketData> = Omit<Bun.WebSocketHandler<SocketData>, SocketEvent> & {
  readonly [Event in SocketEvent]?: FunctionReference | NonNullable<Bun.WebSocketHandler<SocketData>[Event]>;
} & {
  /**
   * The plugin for the events that are not named: `open` leads to its function `open`, and so on. An event for which it
   * has no function (yet) is ignored.
   */
  readonly plugin?: string;
};

/** The options of {@link serve}: those of `Bun.serve`, with plugins' functions where it takes handlers. */
export type ServeOptions<SocketData, Path extends string> = (
  | Bun.Serve.HostnamePortServeOptions<SocketData>
  | Bun.Serve.UnixServeOptions<SocketData>
) & {
  /** Called for what no route leads to: `(request, server) => Response`. */
  readonly fetch?: FunctionReference | HostHandler<Request, SocketData>;
  readonly routes?: { readonly [P in Path]: ServeRoute<P, SocketData> };
  readonly websocket?: ServeSockets<SocketData>;
  /** A response header that says which generation answered, as `chat#3`: `"x-hotswap"`. None unless set. */
  readonly versionHeader?: string;
};
