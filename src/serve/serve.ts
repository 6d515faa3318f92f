import type { ServedSockets } from "../link/calls.ts";
import { isDefaultLogger } from "../logger.ts";
import { mapRoutes, readOptions } from "./bun-options.ts";
import { type FunctionReference, parseReference } from "./function-reference.ts";
import { OpenResponses } from "./open-responses.ts";
import type { LiveServer, ServeOptions, ServeSockets } from "./options.ts";
import { PinnedSockets } from "./pinned-sockets.ts";
import { createRequestHandler } from "./request-handler.ts";
import { ReportedErrors, type ServerShare } from "./server-handle.ts";
import { createSocketHandlers } from "./socket-handlers.ts";
import { type SetSource, Target, type TargetName } from "./target.ts";

/**
 * `Bun.serve` with plugins' functions as handlers, called in the set that is current when a request or a frame comes. With
 * `app`, all that a plugin exports is the app: its `fetch`, and its `websocket` when it has one, as frameworks hand them
 * out.
 *
 * The server belongs to the host: reloads close nothing. A set is kept until its responses have been sent, and until the
 * sockets have closed whose data is a plugin's. A request for a function that the current set lacks gets 503; one whose
 * function fails gets 500 (or what `error` returns, when it is given). Both are logged.
 *
 * @throws TypeError for a string that names no function, and what `Bun.serve` throws.
 * @example
 *     const server = serve(swapper, {
 *       port: 3000,
 *       routes: { "/": "chat.page", "/health": new Response("ok") },
 *       fetch: "web.fetch",
 *       websocket: { plugin: "chat", idleTimeout: 60 },
 *     });
 * @example
 *     const server = serve(swapper, { port: 3000, app: "web" });
 */
export function serve<
  SocketData = undefined,
  const Path extends string = string,
  Name extends string = FunctionReference,
  Given = unknown,
  GivenSockets = unknown,
  App extends string = string,
  ErrorName extends string = FunctionReference,
>(
  swapper: SetSource,
  options: ServeOptions<SocketData, Path, Name, Given, GivenSockets, App, ErrorName>,
): LiveServer<SocketData> {
  let targets: readonly Target[] = [];
  /** Whether the host or a plugin does. */
  let answersErrors = false;
  let printed = 0;
  const sockets = new PinnedSockets(swapper, () => targets);
  const shared: Shared = {
    responses: new OpenResponses(swapper),
    share: {
      sockets,
      reported: new ReportedErrors(),
      leaveToBun() {
        if (answersErrors) return false;
        printed++;
        return isDefaultLogger(swapper.logger);
      },
    },
  };
  const toBun = (given: object): Bun.Serve.Options<SocketData> => {
    const mapped = mapOptions(swapper, given, shared);
    targets = mapped.socketTargets;
    answersErrors = mapped.answersErrors;
    // A misspelt name shows now, and not at the first request.
    if (swapper.current !== undefined) for (const target of mapped.targets) target.find(swapper.current);
    return mapped.options as Bun.Serve.Options<SocketData>;
  };
  const server = Bun.serve(toBun(options)) as LiveServer<SocketData>;
  const shown: ServedSockets = {
    get carried() {
      return server.pendingWebSockets - sockets.count;
    },
    get pinned() {
      return sockets.count;
    },
    get printed() {
      return printed;
    },
  };
  swapper.servers.add(shown);
  const stop = server.stop.bind(server);
  server.stop = (closeActiveConnections) => stop(closeActiveConnections).finally(() => swapper.servers.delete(shown));
  const reload = server.reload.bind(server);
  server.reload = (given) => {
    reload(toBun(given) as never);
    return server;
  };
  return server;
}

interface Shared {
  readonly responses: OpenResponses;
  readonly share: ServerShare;
}

interface Mapped {
  readonly options: object;
  readonly targets: readonly Target[];
  /** Those that events of sockets lead to. */
  readonly socketTargets: readonly Target[];
  /** Whether something answers what handlers throw. */
  readonly answersErrors: boolean;
}

/** The options for `Bun.serve`, with functions for the names of plugins' functions. */
function mapOptions(source: SetSource, given: object, { responses, share }: Shared): Mapped {
  const { app, fetch, routes, websocket, versionHeader, error, ...rest } = readOptions(given);
  const targets: Target[] = [];
  const newTarget = (name: TargetName): Target => {
    const target = new Target(source, name);
    targets.push(target);
    return target;
  };
  const requestOptions = { versionHeader: optionalString(versionHeader, "versionHeader"), responses, share };
  const handlerOf = (value: unknown, where: string): unknown =>
    typeof value === "string" ? createRequestHandler(newTarget(parseReference(value, where)), requestOptions) : value;
  const plugin = optionalString(app, "app");
  const fetchHandler =
    fetch === undefined && plugin !== undefined
      ? createRequestHandler(newTarget({ plugin, fn: "fetch", exported: ["fetch"] }), requestOptions)
      : handlerOf(fetch, "fetch");
  const errorTarget = typeof error === "string" ? newTarget(parseReference(error, "error")) : undefined;
  const onError = errorTarget === undefined ? error : callOnError(source, errorTarget);
  const ofSockets = mapSockets(source, websocket, plugin, share);
  const options = {
    ...rest,
    ...(fetchHandler !== undefined && { fetch: fetchHandler }),
    ...(routes !== undefined && { routes: mapRoutes(routes, handlerOf) }),
    ...(onError !== undefined && { error: onError }),
    ...(ofSockets.websocket !== undefined && { websocket: ofSockets.websocket }),
  };
  return {
    options,
    targets: [...targets, ...ofSockets.targets],
    socketTargets: ofSockets.targets,
    answersErrors: onError !== undefined,
  };
}

function mapSockets(source: SetSource, given: unknown, app: string | undefined, share: ServerShare) {
  if (given === undefined && app === undefined) return { websocket: undefined, targets: [] };
  // Bun says what it wants.
  if (given !== undefined && (typeof given !== "object" || given === null)) return { websocket: given, targets: [] };
  const { plugin: named, ...options } = { ...settingsOf(source, app), ...readOptions(given ?? {}) };
  const plugin = optionalString(named, "websocket.plugin") ?? app;
  const fallback = plugin === undefined ? undefined : { plugin, isApp: named === undefined };
  const { handlers, targets } = createSocketHandlers(source, options as ServeSockets<unknown>, fallback, share);
  return { websocket: { ...options, ...handlers }, targets };
}

/** The settings, like `idleTimeout`, that an app has for its sockets now. */
function settingsOf(source: SetSource, app: string | undefined): Record<string, unknown> {
  const websocket = app === undefined ? undefined : source.current?.findPlugin(app)?.source.rootModule["websocket"];
  if (typeof websocket !== "object" || websocket === null) return {};
  return Object.fromEntries(Object.entries(readOptions(websocket)).filter(([, value]) => typeof value !== "function"));
}

function callOnError(source: SetSource, target: Target) {
  return (error: unknown): unknown => {
    const plugin = target.find(source.current);
    if (plugin === undefined) throw error;
    try {
      return target.call(plugin, 1, error, undefined, undefined);
    } catch (failure) {
      target.reportFailure(plugin, failure);
      throw failure;
    }
  };
}

function optionalString(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw new TypeError(`serve: ${name} must be a string, not ${Bun.inspect(value, { depth: 0 })}`);
}
