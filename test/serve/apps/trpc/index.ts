import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { definePlugin } from "hotswap";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const { router, procedure } = initTRPC.context<{ readonly name: string }>().create();

const named = procedure.use(({ ctx, next }) => next({ ctx: { greeting: `Hello, ${ctx.name}` } }));

const app = router({
  version: procedure.query(() => VERSION),
  hello: named.query(({ ctx }) => `${ctx.greeting}, from ${VERSION}`),
  ticks: procedure.subscription(async function* ticks() {
    for (let tick = 1; tick <= 3; tick++) yield `${tick} by ${VERSION}`;
  }),
});

export const fetch = (req: Request): Promise<Response> =>
  fetchRequestHandler({
    endpoint: "/trpc",
    req,
    router: app,
    createContext: ({ req: request }) => ({ name: request.headers.get("x-name") ?? "nobody" }),
  });

export default definePlugin({});
