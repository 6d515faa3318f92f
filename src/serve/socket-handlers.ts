import { parseReference } from "./function-reference.ts";
import { type ServeSockets, type SocketEvent, socketEvents } from "./options.ts";
import { type SetSource, Target } from "./target.ts";

type Socket = Bun.ServerWebSocket<unknown>;
type SocketHandler = (socket: Socket, ...details: unknown[]) => unknown;
type OnError = Bun.WebSocketHandler<unknown>["error"];

/**
 * The `websocket` option of `Bun.serve`: each event calls the function of the current set at that moment. What a function throws
 * or rejects with is logged, and handed to the host's `error` handler; the socket stays open.
 */
export function createSocketHandlers(
  source: SetSource,
  { plugin, ...options }: ServeSockets<unknown>,
): { readonly handlers: Bun.WebSocketHandler<unknown>; readonly targets: readonly Target[] } {
  const handlers: Record<string, unknown> = { ...options };
  const targets: Target[] = [];
  for (const event of socketEvents) {
    const target = targetOf(source, event, options[event], plugin);
    if (target === undefined) continue;
    targets.push(target);
    handlers[event] = createSocketHandler(target, options.error);
  }
  return { handlers, targets };
}

function targetOf(source: SetSource, event: SocketEvent, handler: unknown, plugin: string | undefined) {
  if (typeof handler === "string") return new Target(source, parseReference(handler, `websocket.${event}`));
  if (handler !== undefined || plugin === undefined) return undefined;
  return new Target(source, { plugin, fn: event }, { isOptional: true });
}

function createSocketHandler(target: Target, onError: OnError): SocketHandler {
  return (socket, ...details) => {
    const plugin = target.find();
    if (plugin === undefined) return undefined;
    const fail = (error: unknown): void | Promise<void> => {
      target.reportFailure(plugin, error);
      return onError?.(error instanceof Error ? error : new Error(String(error)), socket);
    };
    try {
      const result = plugin.invokeFunc(target.fn, socket, ...details);
      return result instanceof Promise ? result.catch(fail) : undefined;
    } catch (error) {
      return fail(error);
    }
  };
}
