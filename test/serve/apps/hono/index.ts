import { definePlugin, type ServerHandle } from "hotswap";
import { Hono } from "hono";
import { getConnInfo } from "hono/bun";
import { streamSSE } from "hono/streaming";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const app = new Hono<{ Bindings: { server: ServerHandle } }>();

app.use(async (context, next) => {
  await next();
  context.header("x-app", `version ${VERSION}`);
});

app.get("/hello/:name", (context) => context.text(`Hello, ${context.req.param("name")}, from ${VERSION}`));

app.post("/sum", async (context) => {
  const numbers = await context.req.json<number[]>();
  return context.json({ sum: numbers.reduce((sum, number) => sum + number, 0), by: VERSION });
});

/** Hands on what another server sends, as it comes. */
app.get("/events", (context) =>
  streamSSE(context, async (stream) => {
    const { body } = await fetch(context.req.query("from") ?? "");
    if (body === null) return;
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      await stream.writeSSE({ data: `${chunk} by ${VERSION}` });
    }
  }),
);

app.get("/client", (context) => context.text(String(getConnInfo(context).remote.address)));

app.get("/fail", () => {
  throw new Error("the app's own");
});

app.onError((error, context) => context.text(`caught: ${error.message}`, 500));

export default definePlugin({
  functions: {
    /** The second argument is what Hono calls `env`. */
    fetch: (request: Request, server: ServerHandle) => app.fetch(request, { server }),

    /** Sockets go around Hono, whose own handlers for them are closures that would outlive their generation. */
    socket: (request: Request, server: ServerHandle) =>
      server.upgrade(request) ? undefined : new Response("this is a socket", { status: 426 }),

    message(socket: Bun.ServerWebSocket, frame: string) {
      socket.send(`${frame} by ${VERSION}`);
    },
  },
});
