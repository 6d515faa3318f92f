declare const message: unique symbol;

/** What stands where something else is wanted: no value has this type, and the compiler shows the message. */
export interface Mistake<Message extends string> {
  readonly [message]: Message;
}

type Shared =
  | "upgrade"
  | "publish"
  | "subscriberCount"
  | "requestIP"
  | "timeout"
  | "fetch"
  | "pendingRequests"
  | "pendingWebSockets"
  | "url"
  | "port"
  | "hostname"
  | "protocol"
  | "development"
  | "id";

/**
 * What a plugin's function gets of the server: all but what is the host's business, like stopping it. `SocketData` is what
 * `socket.data` holds.
 */
export type ServerHandle<SocketData = undefined> = Pick<Bun.Server<SocketData>, Shared>;

/** A place in the options of `serve` that leads to a function: what the function gets there, and what is said of it. */
export interface Place {
  readonly gives: readonly unknown[];
  readonly says: string;
  /** Whether it has to return a response. */
  readonly wantsResponse: boolean;
}

/** As loose as a plugin may be: what it says of the data of sockets is compared where sockets come. */
type Server = Omit<ServerHandle, "upgrade"> & { upgrade(...params: never[]): boolean };

interface RequestPlace<Req extends Request, Says extends string> {
  readonly gives: readonly [request: Req, server: Server];
  readonly says: Says;
  readonly wantsResponse: true;
}

export type RoutePlace<Path extends string> = RequestPlace<
  Bun.BunRequest<Path>,
  "a route gives (request: BunRequest, server: ServerHandle)"
>;

export type FetchPlace = RequestPlace<Request, "fetch gives (request: Request, server: ServerHandle)">;

export interface ErrorPlace {
  readonly gives: readonly [error: Bun.ErrorLike];
  readonly says: "error gives (error: ErrorLike)";
  readonly wantsResponse: true;
}

/** What each event of sockets with this data gives. */
export interface SocketPlaces<Data> {
  readonly open: SocketPlace<"open", [Bun.ServerWebSocket<Data>], "">;
  readonly message: SocketPlace<"message", [Bun.ServerWebSocket<Data>, Frame], ", data: string | Buffer">;
  readonly close: SocketPlace<"close", [Bun.ServerWebSocket<Data>, number, string], ", code: number, reason: string">;
  readonly drain: SocketPlace<"drain", [Bun.ServerWebSocket<Data>], "">;
  readonly ping: SocketPlace<"ping", [Bun.ServerWebSocket<Data>, Frame], ", data: Buffer">;
  readonly pong: SocketPlace<"pong", [Bun.ServerWebSocket<Data>, Frame], ", data: Buffer">;
  readonly error: {
    readonly gives: readonly [error: Error, socket: Bun.ServerWebSocket<Data>];
    readonly says: "websocket.error gives (error: Error, socket: ServerWebSocket)";
    readonly wantsResponse: false;
  };
}

interface SocketPlace<Event extends string, Gives extends readonly unknown[], Others extends string> {
  readonly gives: Gives;
  readonly says: `websocket.${Event} gives (socket: ServerWebSocket${Others})`;
  readonly wantsResponse: false;
}

/** Whatever `binaryType` makes of a frame. */
type Frame = string | Buffer | Uint8Array | ArrayBuffer | Blob;

/** `never` for a function that can take what the place gives, and returns what it wants. */
export type FunctionMistake<Name extends string, Fn, At extends Place> = Fn extends (
  ...params: infer Params
) => infer Result
  ? [ParamMistake<Name, Params, At["gives"], At["says"]>] extends [never]
    ? At["wantsResponse"] extends true
      ? ResultMistake<Name, NoResponse<Awaited<Result>>>
      : never
    : ParamMistake<Name, Params, At["gives"], At["says"]>
  : never;

type Ordinals = readonly ["first", "second", "third"];

type ParamMistake<
  Name extends string,
  Params,
  Gives,
  Says extends string,
  Names extends readonly string[] = Ordinals,
> = Gives extends readonly [infer Given, ...infer OtherGiven]
  ? Params extends readonly [(infer Param)?, ...infer OtherParams]
    ? Takes<Param, Given> extends true
      ? Names extends readonly [string, ...infer OtherNames extends readonly string[]]
        ? ParamMistake<Name, OtherParams, OtherGiven, Says, OtherNames>
        : never
      : Mistake<`the ${Names[0]} parameter of "${Name}" is ${Kind<Param>}: ${Says}`>
    : never
  : [] extends Params
    ? never
    : Mistake<`"${Name}" takes more parameters: ${Says}`>;

/** Whether one of the two is the other, as methods are compared: what a plugin knows better than its host is its own business. */
type Takes<Param, Given> = [Given] extends [Param]
  ? true
  : [Exclude<Param, undefined>] extends [Given]
    ? true
    : Given extends Bun.ServerWebSocket<infer Data>
      ? Param extends Bun.ServerWebSocket<infer Known>
        ? undefined extends Data | Known
          ? true
          : false
        : false
      : false;

/** What of a function's result is no answer to a request. */
type NoResponse<Result> = unknown extends Result
  ? never
  : Result extends Response | undefined | void
    ? never
    : Response extends Result
      ? never
      : Result;

type ResultMistake<Name extends string, Result> = [Result] extends [never]
  ? never
  : Mistake<`"${Name}" returns ${Kind<Result>}: a Response is wanted`>;

type Kind<Type> = [Type] extends [string]
  ? "a string"
  : [Type] extends [number]
    ? "a number"
    : [Type] extends [boolean]
      ? "a boolean"
      : [Type] extends [null]
        ? "null"
        : "of another type";
