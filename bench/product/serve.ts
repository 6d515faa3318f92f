// Two servers with the same handlers: plain Bun.serve, and serve() with a plugin's functions. Prints their addresses.
import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { PluginManagerSwapper, serve } from "../../src/index.ts";

const root = process.cwd();
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const file = join(root, "file.txt");
await Bun.write(file, "a line of the file\n".repeat(50));

/** The same source for both. */
const handlers = `{
  text: () => new Response("hello"),
  json: () => Response.json({ hello: "world", list: [1, 2, 3] }),
  async: async () => new Response("hello"),
  waiting: async () => { await Promise.resolve(); return new Response("hello"); },
  "204": () => new Response(null, { status: 204 }),
  redirect: () => Response.redirect("/text"),
  file: () => new Response(Bun.file(${JSON.stringify(file)})),
  blob: () => new Response(new Blob(["hello"])),
  stream: () => new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(100)); controller.close(); } })),
  upgrade: (request, server) => server.upgrade(request) ? undefined : new Response(null, { status: 426 }),
  message: (socket, message) => { socket.send(message); },
}`;
await Bun.write(join(root, "plain.js"), `export default ${handlers};`);
await Bun.write(
  join(root, "web", "index.js"),
  `import { definePlugin } from "hotswap"; export default definePlugin({ functions: ${handlers} });`,
);
await Bun.write(join(root, "web", "index.ts"), `export { default } from "./index.js";`);
await build({ pluginDir: join(root, "web"), outputDir: join(root, "bin") });
const swapper = new PluginManagerSwapper(join(root, "bin"), { root, logger: quiet });
await swapper.loadPlugins();

const { default: plain } = (await import(join(root, "plain.js"))) as { default: Record<string, unknown> };
const { upgrade, message, ...requests } = plain;
const names = Object.keys(requests);
const common = { hostname: "127.0.0.1", port: 0, development: false } as const;
const theirs = Bun.serve({
  ...common,
  routes: { ...Object.fromEntries(names.map((name) => [`/${name}`, requests[name]])), "/socket": upgrade },
  websocket: { message },
} as unknown as Bun.Serve.Options<undefined>);
const ours = serve(swapper, {
  ...common,
  routes: Object.fromEntries(
    [...names, "socket"].map((name) => [`/${name}`, `web.${name === "socket" ? "upgrade" : name}`] as const),
  ),
  websocket: { plugin: "web" },
});
console.log(JSON.stringify({ ours: ours.url.href, theirs: theirs.url.href, names }));
