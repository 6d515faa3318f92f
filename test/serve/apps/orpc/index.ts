import { os } from "@orpc/server";
import { RPCHandler as SocketHandler } from "@orpc/server/bun-ws";
import { RPCHandler } from "@orpc/server/fetch";
import { definePlugin, type ServerHandle } from "hotswap";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const named = os
  .$context<{ readonly name: string }>()
  .use(({ context, next }) => next({ context: { greeting: `Hello, ${context.name}` } }));

const router = {
  version: os.handler(() => VERSION),
  hello: named.handler(({ context }) => `${context.greeting}, from ${VERSION}`),
};

const handler = new RPCHandler(router);
const sockets = new SocketHandler(router);

export async function fetch(request: Request, server: ServerHandle): Promise<Response | undefined> {
  if (new URL(request.url).pathname === "/socket") {
    return server.upgrade(request) ? undefined : new Response("a socket", { status: 426 });
  }
  const context = { name: request.headers.get("x-name") ?? "nobody" };
  const { response } = await handler.handle(request, { prefix: "/rpc", context });
  return response ?? new Response("not found", { status: 404 });
}

export const websocket = {
  message: (socket: Bun.ServerWebSocket, message: string | Buffer) =>
    sockets.message(socket, message, { context: { name: "socket" } }),
  close: (socket: Bun.ServerWebSocket) => sockets.close(socket),
};

export default definePlugin({});
