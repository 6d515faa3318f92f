/* One table of handlers of sockets for two servers, as in handlers.ts. A message says what to do. */
import type { BunRequest, ServerHandle } from "./types.ts";

interface Data {
  readonly variant: string;
  readonly log: string[];
}

type Socket = Bun.ServerWebSocket<Data | undefined>;

const acts: Record<string, (socket: Socket, rest: string) => unknown> = {
  echo: (socket, rest) => socket.send(rest),
  status: (socket, rest) => socket.send(String(socket.send(rest))),
  bytes: (socket, rest) => socket.send(new TextEncoder().encode(rest)),
  packed: (socket, rest) => socket.send(rest.repeat(100), true),
  ping: (socket, rest) => socket.ping(rest),
  pong: (socket, rest) => socket.pong(rest),
  close: (socket, rest) => socket.close(4001, rest),
  closeDefault: (socket) => socket.close(),
  terminate: (socket) => socket.terminate(),
  throw: (_socket, rest) => {
    throw new Error(rest);
  },
  reject: async (_socket, rest) => {
    throw new Error(rest);
  },
  later: async (socket, rest) => {
    await Promise.resolve();
    socket.send(rest);
  },
  subscribe: (socket, rest) => (socket.subscribe(rest), socket.send(String(socket.isSubscribed(rest)))),
  unsubscribe: (socket, rest) => (socket.unsubscribe(rest), socket.send(String(socket.isSubscribed(rest)))),
  publish: (socket, rest) => socket.send(String(socket.publish(rest, "published"))),
  cork: (socket, rest) => socket.cork(() => (socket.send(`${rest}1`), socket.send(`${rest}2`))),
  data: (socket) => socket.send(JSON.stringify(socket.data ?? null)),
  replace: (socket, rest) => {
    socket.data = { variant: rest, log: [] };
    socket.send(JSON.stringify(socket.data));
  },
  state: (socket) => socket.send(`${socket.readyState} ${socket.remoteAddress} ${socket.binaryType}`),
};

export const socketHandlers = {
  open(socket: Socket) {
    if (socket.data?.variant === "refused") throw new Error("refused");
    if (socket.data?.variant === "greeted") socket.send("hello");
    if (socket.data?.variant === "closed") socket.close(4002, "not you");
  },
  message(socket: Socket, message: string | Buffer) {
    if (typeof message !== "string") return socket.send(message);
    const [act = "", rest = ""] = message.split(":", 2);
    return (acts[act] ?? acts["echo"])?.(socket, rest);
  },
  close(socket: Socket, code: number) {
    socket.data?.log.push(`closed ${code}`);
  },
  ping: (socket: Socket, bytes: Buffer) => void socket.send(`pinged ${bytes}`),
  pong: (socket: Socket, bytes: Buffer) => void socket.send(`ponged ${bytes}`),
  drain() {},
  /** Leads to a socket. */
  upgrade(request: BunRequest, server: ServerHandle): Response | undefined {
    const variant = request.params?.["variant"] ?? "";
    const data = variant === "bare" ? {} : { data: { variant, log: [] } };
    const headers = variant === "headers" ? { headers: { "x-up": "1", "set-cookie": "a=1" } } : {};
    return server.upgrade(request, { ...data, ...headers }) ? undefined : new Response("no socket", { status: 426 });
  },
};
