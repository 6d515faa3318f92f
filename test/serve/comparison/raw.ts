import { connect } from "node:net";

/** Sends bytes, and reads until the server closes the connection, or nothing has come for `quiet` ms. `server` is a URL or a socket's path. */
export async function exchange(server: string, bytes: string | Uint8Array, quiet = 1000): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  const end = (how: string) => (): void => {
    clearTimeout(timer);
    socket.destroy();
    resolve(Buffer.concat(chunks).toString("latin1") + how);
  };
  const socket = server.startsWith("/") ? connect(server) : connect(Number(new URL(server).port), "127.0.0.1");
  let timer = setTimeout(end("<quiet>"), quiet);
  socket.on("connect", () => socket.write(bytes));
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    clearTimeout(timer);
    timer = setTimeout(end("<quiet>"), quiet);
  });
  socket.on("end", end("<end>"));
  socket.on("error", end("<reset>"));
  return promise;
}

/** An answer without what differs from one moment to the next. */
export function normalized(answer: string): string {
  return answer
    .replace(/^Date: .*\r\n/gim, "")
    .replace(/localhost:\d+|127\.0\.0\.1:\d+/g, "here")
    .replace(/WebKitFormBoundary\w+/g, "boundary");
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly version?: string;
}

/** A request after which the server closes the connection. */
export function requestBytes({ method = "GET", path, headers = {}, body, version = "1.1" }: RawRequest): string {
  const all = {
    host: "localhost",
    connection: "close",
    ...(body !== undefined &&
      !("transfer-encoding" in headers) && { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n${body ?? ""}`;
}

/** A request for a WebSocket, and messages to be sent on it; the last one closes it. */
export function socketBytes(path: string, messages: readonly (string | Uint8Array)[], headers = ""): Uint8Array {
  const handshake = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
  const frames = messages.map((message) =>
    typeof message === "string" ? frame(1, Buffer.from(message)) : frame(message[0] ?? 2, message.subarray(1)),
  );
  return Buffer.concat([Buffer.from(handshake), ...frames, frame(8, Buffer.from([3, 232]))]);
}

/** A frame of a client: all of it, masked with zeros. */
function frame(opcode: number, payload: Uint8Array): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload]);
}
