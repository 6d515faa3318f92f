import { definePlugin } from "hotswap";
import { Elysia, t } from "elysia";

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
      const { body } = await fetch(query.from);
      if (body === null) return;
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) yield `${chunk} by ${VERSION}, `;
    },
    { query: t.Object({ from: t.String() }) },
  )
  .get("/fail", () => {
    throw new Error("the app's own");
  });

export default definePlugin({
  functions: {
    fetch: (request: Request) => app.handle(request),
  },
});
