import { ControlClient } from "../../src/control/client.ts";
import { createControlledHost } from "../control/controlled-host.ts";
import { journalPlugin } from "../support/host.ts";
import type { Random } from "./random.ts";
import { Broken, type Target } from "./target.ts";

const paths = [
  "/status",
  "/plan",
  "/generations",
  "/explain",
  "/reloads",
  "/vault",
  "/vault/value",
  "/events",
  "/reload",
  "/rollback",
];
const methods = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get", "\0", "CONNECT"];

/** Requests of every kind to a host's control socket, whole and half. The host must answer the next one. */
export async function controlRequests(): Promise<Target> {
  const controlled = await createControlledHost({ alpha: journalPlugin("alpha") });
  await controlled.host.swapper.loadPlugins();
  const client = new ControlClient(controlled.socket);
  let count = 0;
  return {
    async attempt(random) {
      await send(controlled.socket, request(random));
      if (count++ % 20 !== 0) return;
      const { plugins } = await client.status();
      if (plugins[0]?.name !== "alpha") throw new Broken("the host does not answer as before");
      if (controlled.host.swapper.current?.findPlugin("alpha")?.invokeFunc("version") !== 1)
        throw new Broken("the set was lost");
    },
    [Symbol.asyncDispose]: () => controlled[Symbol.asyncDispose](),
  };
}

function request(random: Random): Buffer {
  const path = random.pick([...paths, `/${random.text(8)}`, random.text(5)]);
  const query =
    random.next() < 0.5
      ? ""
      : `?${random.pick(["plugin", "number", "key", "rehearse", random.text(3)])}=${random.text(6)}`;
  const headers = Array.from({ length: random.below(4) }, () =>
    random.pick([
      `content-length: ${random.pick(["0", "5", "-1", "99999999999", "x"])}`,
      "transfer-encoding: chunked",
      "accept: application/x-ndjson",
      `${random.text(5)}: ${random.text(10)}`,
      `host: ${random.text(6)}`,
    ]),
  );
  const body = random.next() < 0.3 ? random.text(random.below(50)) : "";
  const text = `${random.pick(methods)} ${path}${query} HTTP/1.${random.pick(["1", "0", "9"])}\r\nhost: x\r\n${headers.join("\r\n")}\r\n\r\n${body}`;
  const bytes = Buffer.from(text);
  if (random.next() < 0.1) return random.bytes(random.below(200));
  return random.next() < 0.3 ? random.damaged(bytes) : bytes;
}

/** Waits for the first bytes of an answer, for the end, or for a moment when there is nothing to come. */
async function send(path: string, bytes: Buffer): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: path,
    socket: { data: () => resolve(), close: () => resolve(), error: () => resolve() },
  });
  const patience = setTimeout(resolve, 10);
  socket.write(bytes);
  await over;
  clearTimeout(patience);
  socket.terminate();
}
