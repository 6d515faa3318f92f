import { resolve } from "node:path";
import { ControlClient } from "../control/client.ts";
import { Dashboard, type DashboardOptions } from "./handler.ts";

export interface ServeDashboardOptions extends Pick<DashboardOptions, "allowReload"> {
  /** 0, for any free port, unless set. */
  readonly port?: number | undefined;
}

/** A dashboard with a server of its own, reachable from this machine alone. */
export interface DashboardServer extends AsyncDisposable {
  /** Where the page is: `http://127.0.0.1:40123/`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Shows the host behind a control socket. The host need not run yet, and may go away and come back. Throws when the port
 * is taken.
 */
export function serveDashboard(socket: string, options: ServeDashboardOptions = {}): DashboardServer {
  const { allowReload = false, port = 0 } = options;
  const path = resolve(socket);
  const board = new Dashboard(new ControlClient(path), path, { allowReload });
  const server = Bun.serve({ hostname: "127.0.0.1", port, development: false, fetch: board.fetch });
  const stop = async (): Promise<void> => {
    board.close();
    await server.stop(true);
  };
  return { url: server.url.href, stop, [Symbol.asyncDispose]: stop };
}
