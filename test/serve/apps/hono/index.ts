import { definePlugin, type ServerHandle } from "hotswap";
import { Hono } from "hono";
import { getConnInfo, upgradeWebSocket, websocket } from "hono/bun";
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
    const { body } = await globalThis.fetch(context.req.query("from") ?? "");
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

app.get("/version", (context) => context.text(String(VERSION)));

app.get(
  "/socket",
  upgradeWebSocket(() => ({
    onOpen: (_event, socket) => socket.send(`open by ${VERSION}`),
    onMessage: ({ data }, socket) => socket.send(`${String(data)} by ${VERSION}`),
  })),
);

/** The second argument is what Hono calls `env`. */
export const fetch = (request: Request, server: ServerHandle): Response | Promise<Response> =>
  app.fetch(request, { server });

export { websocket };

export default definePlugin({});
