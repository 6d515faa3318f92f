import type { FunctionReference } from "./function-reference.ts";

type Methods<Handler> = Partial<Record<Bun.Serve.HTTPMethod, Handler>>;

type HostHandler<Req extends Request, SocketData, Result> = Bun.Serve.Handler<Req, Bun.Server<SocketData>, Result>;

/** What a route leads to: a plugin's function, or anything that `Bun.serve` takes. */
export type ServeRoute<Path extends string, SocketData, Result = Response> =
  | FunctionReference
  | Bun.Serve.BaseRouteValue
  | HostHandler<Bun.BunRequest<Path>, SocketData, Result>
  | Methods<FunctionReference | Response | HostHandler<Bun.BunRequest<Path>, SocketData, Result>>;

/** The events of a socket for which a plugin's function can be called. */
export const socketEvents = ["open", "message", "close", "drain", "ping", "pong"] as const;

export type SocketEvent = (typeof socketEvents)[number];

/**
 * The `websocket` option of `Bun.serve`, in which each event may lead to a plugin's function: it gets what Bun's own handler
 * gets, the socket first (`error`: the error first).
 */
export type ServeSockets<SocketData> = Omit<Bun.WebSocketHandler<SocketData>, SocketEvent | "error"> & {
  readonly [Event in SocketEvent | "error"]?: FunctionReference | NonNullable<Bun.WebSocketHandler<SocketData>[Event]>;
} & {
  /**
   * The plugin for the events that are not named: `open` leads to its function `open`, and so on. An event for which it
   * has no function (yet) is ignored.
   */
  readonly plugin?: string;
};

type FetchHandler<SocketData, Result> =
  | FunctionReference
  | ((this: Bun.Server<SocketData>, request: Request, server: Bun.Server<SocketData>) => Result | Promise<Result>);

type Routes<SocketData, Path extends string, Result> = { readonly [P in Path]: ServeRoute<P, SocketData, Result> };

/** Who answers: at least one of the three. */
type Answering<SocketData, Path extends string, Result> =
  | {
      readonly app: string;
      readonly fetch?: FetchHandler<SocketData, Result>;
      readonly routes?: Routes<SocketData, Path, Result>;
    }
  | {
      readonly app?: undefined;
      readonly fetch: FetchHandler<SocketData, Result>;
      readonly routes?: Routes<SocketData, Path, Result>;
    }
  | { readonly app?: undefined; readonly fetch?: undefined; readonly routes: Routes<SocketData, Path, Result> };

type Listening<SocketData> =
  | (Omit<Bun.Serve.HostnamePortServeOptions<SocketData>, "error"> & { readonly unix?: undefined })
  | (Omit<Bun.Serve.UnixServeOptions<SocketData>, "error"> & {
      readonly [
        Option in Exclude<
          keyof Bun.Serve.HostnamePortServeOptions<SocketData>,
          keyof Bun.Serve.UnixServeOptions<SocketData>
        >
      ]?: undefined;
    });

/** The options of {@link serve}: those of `Bun.serve`, with plugins' functions where it takes handlers. */
export type ServeOptions<SocketData, Path extends string> = Listening<SocketData> & {
  /** Called with what a handler threw: `(error) => Response`. */
  readonly error?: FunctionReference | NonNullable<Bun.Serve.BaseServeOptions<SocketData>["error"]>;
  /** A response header that says which generation answered, as `chat#3`: `"x-hotswap"`. None unless set. */
  readonly versionHeader?: string;
} & (
    | (Answering<SocketData, Path, Response> & { readonly websocket?: undefined })
    | (Answering<SocketData, Path, Response | undefined | void> & { readonly websocket: ServeSockets<SocketData> })
  );

/** A server whose `reload` takes plugins' functions, too. */
export interface LiveServer<SocketData> extends Omit<Bun.Server<SocketData>, "reload"> {
  /** As `Bun.Server.reload`: the handlers are replaced, the address stays. */
  reload<const Path extends string>(
    options: ServeOptions<SocketData, Path> | Bun.Serve.Options<SocketData, Path>,
  ): LiveServer<SocketData>;
}
