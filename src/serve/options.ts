import type { CheckedPlugin, CheckedReference, EventMistake, FunctionReference } from "./function-reference.ts";
import type { ErrorPlace, FetchPlace, Mistake, RoutePlace, SocketPlaces } from "./place.ts";

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

type FetchHandler<SocketData, Result, Name extends string> =
  | CheckedReference<Name, FetchPlace>
  | ((this: Bun.Server<SocketData>, request: Request, server: Bun.Server<SocketData>) => Result | Promise<Result>);

// The mistakes stand first: the compiler cuts what it shows.
type Routes<SocketData, Path extends string, Result, Given> = RouteMistakes<Given> & {
  readonly [P in Path]: ServeRoute<P, SocketData, Result>;
};

/** What the compiler says of routes that name no function, each at its path and method. */
type RouteMistakes<Given> = { readonly [Path in keyof Given]: RouteMistake<Path & string, Given[Path]> };

type RouteMistake<Path extends string, Route> = unknown extends Route
  ? unknown
  : Route extends string
    ? CheckedReference<Route, RoutePlace<Path>>
    : Route extends AnyHandler | Bun.Serve.BaseRouteValue
      ? unknown
      : Route extends object
        ? { readonly [Method in keyof Route]: MethodMistake<Path, Method, Route[Method]> }
        : Mistake<"a route leads to a function, a response, a page, or one of them for each method">;

type MethodMistake<Path extends string, Method, Handler> = Method extends Bun.Serve.HTTPMethod
  ? Handler extends string
    ? CheckedReference<Handler, RoutePlace<Path>>
    : Handler extends AnyHandler | Response | undefined
      ? unknown
      : Mistake<"a method leads to a function or a response">
  : Mistake<`"${Method & string}" is no HTTP method`>;

type AnyHandler = (...params: never[]) => unknown;

/** What the compiler says of events and settings that sockets do not have, and of events that lead to no function. */
type SocketMistakes<Given> = {
  readonly [Option in keyof Given]: Option extends keyof ServeSockets<unknown>
    ? Option extends SocketEvent | "error"
      ? Given[Option] extends string
        ? CheckedReference<Given[Option], SocketPlaces<DataOf<Given>>[Option]>
        : unknown
      : Option extends "plugin"
        ? CheckedSocketPlugin<Given[Option], Exclude<SocketEvent, keyof Given>, DataOf<Given>>
        : unknown
    : Mistake<`"${Option & string}" is neither an event nor a setting of sockets`>;
};

/** The name of a plugin whose functions fit the events of the same name. */
type CheckedSocketPlugin<Plugin, Events extends SocketEvent, Data> = [MistakeInEvents<Plugin, Events, Data>] extends [
  never,
]
  ? CheckedPlugin<Plugin>
  : MistakeInEvents<Plugin, Events, Data>;

type MistakeInEvents<Plugin, Events extends SocketEvent, Data> = {
  [Event in Events]: EventMistake<Plugin, Event, SocketPlaces<Data>[Event]>;
}[Events];

type DataOf<Given> = Given extends { readonly data: infer Data } ? Data : undefined;

/** Who answers: at least one of the three. */
type Answering<SocketData, Path extends string, Result, Name extends string, Given, App extends string> =
  | {
      readonly app: CheckedPlugin<App>;
      readonly fetch?: FetchHandler<SocketData, Result, Name>;
      readonly routes?: Routes<SocketData, Path, Result, Given>;
    }
  | {
      readonly app?: undefined;
      readonly fetch: FetchHandler<SocketData, Result, Name>;
      readonly routes?: Routes<SocketData, Path, Result, Given>;
    }
  | {
      readonly app?: undefined;
      readonly fetch?: undefined;
      readonly routes: Routes<SocketData, Path, Result, Given>;
    };

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

/**
 * The options of {@link serve}: those of `Bun.serve`, with plugins' functions where it takes handlers. `Name`, `Given`,
 * `GivenSockets`, `App` and `ErrorName` are the names, routes, events and app that were given, for the compiler to check.
 */
export type ServeOptions<
  SocketData,
  Path extends string,
  Name extends string = FunctionReference,
  Given = unknown,
  GivenSockets = unknown,
  App extends string = string,
  ErrorName extends string = FunctionReference,
> = Listening<SocketData> & {
  /** Called with what a handler threw: `(error) => Response`. */
  readonly error?:
    | CheckedReference<ErrorName, ErrorPlace>
    | NonNullable<Bun.Serve.BaseServeOptions<SocketData>["error"]>;
  /** A response header that says which generation answered, as `chat#3`: `"x-hotswap"`. None unless set. */
  readonly versionHeader?: string;
} & (
    | (Answering<SocketData, Path, Response, Name, Given, App> & { readonly websocket?: undefined })
    | (Answering<SocketData, Path, Response | undefined | void, Name, Given, App> & {
        readonly websocket: SocketMistakes<GivenSockets> & ServeSockets<SocketData>;
      })
  );

/** A server whose `reload` takes plugins' functions, too. */
export interface LiveServer<SocketData> extends Omit<Bun.Server<SocketData>, "reload"> {
  /** As `Bun.Server.reload`: the handlers are replaced, the address stays. */
  reload<
    const Path extends string,
    Name extends string = FunctionReference,
    Given = unknown,
    GivenSockets = unknown,
    App extends string = string,
    ErrorName extends string = FunctionReference,
  >(
    options:
      | ServeOptions<SocketData, Path, Name, Given, GivenSockets, App, ErrorName>
      | Bun.Serve.Options<SocketData, Path>,
  ): LiveServer<SocketData>;
}
