import type { Failure } from "../../control/protocol.ts";
import { toWire } from "../../control/wire.ts";
import type { Fleet } from "../../fleet/index.ts";
import { refusalOf, safetyHeaders } from "../guard.ts";
import type { DashboardServer, ServeDashboardOptions } from "../serve.ts";
import { checkedToken, newToken, TokenGate } from "../token.ts";
import { viewOf } from "./fleet-view.ts";

const noHosts: ReadonlySet<string> = new Set();

/**
 * Shows a fleet on a page that is reachable from this machine alone, by whoever has the token in its address. It only
 * reads, and asks the store when somebody looks. Throws when the port is taken.
 */
export function serveFleet(fleet: Fleet, options: Omit<ServeDashboardOptions, "allowReload"> = {}): DashboardServer {
  const { port = 0, token = newToken() } = options;
  const gate = new TokenGate(checkedToken(token));
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port,
    development: false,
    fetch: async (request) => {
      const response = await answer(fleet, gate, request);
      for (const [name, value] of Object.entries(safetyHeaders)) response.headers.set(name, value);
      return response;
    },
  });
  const stop = (): Promise<void> => server.stop(true);
  return { url: `${server.url.href}?token=${token}`, token, stop, [Symbol.asyncDispose]: stop };
}

async function answer(fleet: Fleet, gate: TokenGate, request: Request): Promise<Response> {
  const path = new URL(request.url, "http://localhost").pathname.slice(1);
  const refusal = refusalOf(request, noHosts, path === "");
  if (refusal !== undefined) return failure(refusal.status, refusal.message);
  if (!gate.admits(request, path === "")) {
    return failure(401, "this page asks for its token: open the address that `hotswap fleet dashboard` printed");
  }
  if (request.method !== "GET" && request.method !== "HEAD") return failure(405, "this page only reads");
  if (path === "api/fleet") {
    try {
      return Response.json(await viewOf(fleet));
    } catch (error) {
      return Response.json({ error: toWire(error) } satisfies Failure, { status: 502 });
    }
  }
  const { fleetFiles } = await import("../page-files.ts");
  const file = fleetFiles.get(path);
  if (file === undefined) return failure(404, `this page has no /${path}`);
  const response = new Response(file.content, { headers: { "content-type": file.type } });
  if (path === "") response.headers.set("set-cookie", gate.cookie(request, "/"));
  return response;
}

function failure(status: number, message: string): Response {
  const body: Failure = { error: { code: null, message, plugin: null, phase: null } };
  return Response.json(body, { status });
}
