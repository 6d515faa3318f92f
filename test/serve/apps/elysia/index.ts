import { definePlugin, type ServerHandle } from "hotswap";
import { Elysia, t } from "elysia";
import { websocket } from "elysia/ws";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const app = new Elysia()
  .onAfterHandle(({ set }) => {
    set.headers["x-app"] = `version ${VERSION}`;
  })
  .onError(({ code, error, status }) => (code === "UNKNOWN" ? status(500, `caught: ${error.message}`) : undefined))
  .get("/hello/:name", ({ params }) => `Hello, ${params.name}, from ${VERSION}`)
  .post("/sum", ({ body }) => ({ sum: body.reduce((sum, number) => sum + number, 0), by: VERSION }), {
    body: t.Array(t.Number()),
  })
  .get(
    "/events",
    async function* events({ query }) {
      const { body } = await globalThis.fetch(query.from);
      if (body === null) return;
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) yield `${chunk} by ${VERSION}, `;
    },
    { query: t.Object({ from: t.String() }) },
  )
  .get("/version", () => String(VERSION))
  .ws("/socket", {
    open: (socket) => void socket.send(`open by ${VERSION}`),
    message: (socket, message) => void socket.send(`${String(message)} by ${VERSION}`),
  })
  .get("/fail", () => {
    throw new Error("the app's own");
  });

export const fetch = (request: Request, server: ServerHandle): Response | Promise<Response> => {
  // Elysia's routes for sockets upgrade by it.
  app.server = server as unknown as typeof app.server;
  return app.fetch(request);
};

export { websocket };

export default definePlugin({});
