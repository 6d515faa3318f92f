import { describeError } from "../errors.ts";
import { parseReference } from "./function-reference.ts";
import { type ServeSockets, type SocketEvent, socketEvents } from "./options.ts";
import type { ServerShare } from "./server-handle.ts";
import { type SetSource, Target } from "./target.ts";

type Socket = Bun.ServerWebSocket<unknown>;
type SocketHandler = (this: unknown, socket: Socket, first?: unknown, second?: unknown) => unknown;
type ErrorHandler = (this: unknown, error: Error, socket: Socket) => unknown;

/** How many parameters Bun gives to each handler. */
const params = { open: 1, message: 2, close: 3, drain: 1, ping: 2, pong: 2, error: 2 } as const;

/** Where the events of sockets lead to that are given no handler of their own. */
export interface SocketPlugin {
  readonly plugin: string;
  /** Whether it exports an object `websocket` with its handlers, as frameworks hand them out. */
  readonly isApp: boolean;
}

/**
 * The `websocket` option of `Bun.serve`: each event calls the function of the socket's set. What a function throws is logged,
 * and goes on to `Bun.serve`.
 */
export function createSocketHandlers(
  source: SetSource,
  options: ServeSockets<unknown>,
  fallback: SocketPlugin | undefined,
  share: ServerShare,
): { readonly handlers: Bun.WebSocketHandler<unknown>; readonly targets: readonly Target[] } {
  const handlers: Record<string, unknown> = {};
  const targets: Target[] = [];
  const targetOf = (event: keyof typeof params): Target | undefined => {
    const handler: unknown = options[event];
    const target =
      typeof handler === "string"
        ? new Target(source, parseReference(handler, `websocket.${event}`))
        : handler === undefined
          ? newFallback(source, fallback, event)
          : undefined;
    if (target !== undefined) targets.push(target);
    return target;
  };
  for (const event of socketEvents) {
    const target = targetOf(event);
    const handler =
      target === undefined ? (options[event] as SocketHandler | undefined) : callTarget(target, event, share);
    handlers[event] = withPins(event, handler, share);
  }
  const given = options.error;
  handlers["error"] = createErrorHandler(source, targetOf("error"), given as ErrorHandler | undefined, share);
  return { handlers: handlers as unknown as Bun.WebSocketHandler<unknown>, targets };
}

function newFallback(source: SetSource, fallback: SocketPlugin | undefined, event: keyof typeof params) {
  if (fallback === undefined) return undefined;
  const { plugin, isApp } = fallback;
  if (isApp) {
    const name = { plugin, fn: `websocket.${event}`, exported: ["websocket", event] } as const;
    return new Target(source, name, { isOptional: true });
  }
  return event === "error" ? undefined : new Target(source, { plugin, fn: event }, { isOptional: true });
}

function callTarget(target: Target, event: SocketEvent, { sockets, reported }: ServerShare): SocketHandler {
  const count = params[event];
  return (socket, first, second) => {
    const manager = sockets.managerOf(socket);
    if (manager === undefined && sockets.isCut(socket)) return undefined;
    const plugin = target.find(manager);
    if (plugin === undefined) return undefined;
    try {
      return target.call(plugin, count, socket, first, second);
    } catch (error) {
      target.reportFailure(plugin, error);
      reported.add(error);
      throw error;
    }
  };
}

/** Every socket is seen opening and closing, whoever handles its events. */
function withPins(event: SocketEvent, handler: SocketHandler | undefined, { sockets }: ServerShare) {
  if (event === "open") {
    return function open(this: unknown, socket: Socket): unknown {
      sockets.opened(socket);
      return handler?.call(this, socket);
    };
  }
  if (event !== "close") return handler;
  return function close(this: unknown, socket: Socket, code: number, reason: string): unknown {
    try {
      return handler?.call(this, socket, code, reason);
    } finally {
      sockets.closed(socket);
    }
  };
}

function createErrorHandler(
  source: SetSource,
  target: Target | undefined,
  given: ErrorHandler | undefined,
  { sockets, reported }: ServerShare,
): ErrorHandler {
  return function handleError(this: unknown, error, socket) {
    if (!reported.has(error)) source.logger.error(`a handler of a socket failed: ${describeError(error)}`, error);
    const plugin = target?.find(sockets.managerOf(socket));
    return plugin === undefined ? given?.call(this, error, socket) : target?.call(plugin, 2, error, socket, undefined);
  };
}
