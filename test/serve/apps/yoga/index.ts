import { createSchema, createYoga } from "graphql-yoga";
import { definePlugin } from "hotswap";

/** Put in by the build flag `--define`. */
declare const VERSION: number;

const yoga = createYoga<{ readonly name?: string }>({
  schema: createSchema({
    typeDefs: /* GraphQL */ `
      type Query {
        version: Int!
        hello: String!
      }
      type Subscription {
        ticks: String!
      }
    `,
    resolvers: {
      Query: {
        version: () => VERSION,
        hello: (_root: unknown, _args: unknown, { name }: { name?: string }) => `Hello, ${name}, from ${VERSION}`,
      },
      Subscription: {
        ticks: {
          async *subscribe() {
            for (let tick = 1; tick <= 3; tick++) yield { ticks: `${tick} by ${VERSION}` };
          },
        },
      },
    },
  }),
  context: ({ request }) => ({ name: request.headers.get("x-name") ?? "nobody" }),
  logging: false,
});

export const fetch = (request: Request): Response | Promise<Response> => yoga.fetch(request);

export default definePlugin({});
