import { residentMemory } from "./memory.js";

const kept = globalThis as { server?: Bun.Server<undefined> };

/**
 * The server of every host that runs on `Bun.serve`: `/` answers with the plugin's value, `/memory` with the resident
 * memory in bytes, `/steps` with `steps()`. Called again after a hot reload, it gives the running server the new
 * handlers.
 */
export function serve(handle: () => string | Promise<string>, steps: () => string = () => ""): void {
  const fetch = async (request: Request): Promise<Response> => {
    if (request.url.endsWith("/memory")) return new Response(String(residentMemory()));
    if (request.url.endsWith("/steps")) return new Response(steps());
    return new Response(await handle());
  };
  if (kept.server === undefined) {
    kept.server = Bun.serve({ port: Number(process.env.PORT), hostname: "127.0.0.1", fetch });
  } else {
    kept.server.reload({ fetch });
  }
}
