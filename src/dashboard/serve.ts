import { resolve } from "node:path";
import { ControlClient } from "../control/client.ts";
import { checkedToken, newToken } from "./token.ts";
import { Dashboard, type DashboardOptions } from "./handler.ts";

export interface ServeDashboardOptions extends Pick<DashboardOptions, "allowReload"> {
  /**
   * The page's TCP port; 0 is any free one.
   *
   * @default 0
   */
  readonly port?: number | undefined;
  /** What the page's address holds; a new one that nobody guesses unless set. At least 16 characters of a URL. */
  readonly token?: string | undefined;
}

/** A dashboard with a server of its own, reachable from this machine alone. */
export interface DashboardServer extends AsyncDisposable {
  /** Where the page is, with its token: `http://127.0.0.1:40123/?token=…`. Who has it sees the page. */
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/**
 * Shows the host behind a control socket. The host need not run yet, and may go away and come back. Throws when the port
 * is taken, and a RangeError for a token that could be guessed.
 */
export function serveDashboard(socket: string, options: ServeDashboardOptions = {}): DashboardServer {
  const { allowReload = false, port = 0, token = newToken() } = options;
  const path = resolve(socket);
  const board = new Dashboard(new ControlClient(path), path, { allowReload, token: checkedToken(token) });
  const server = Bun.serve({ hostname: "127.0.0.1", port, development: false, fetch: board.fetch });
  const stop = async (): Promise<void> => {
    board.close();
    await server.stop(true);
  };
  return { url: `${server.url.href}?token=${token}`, token, stop, [Symbol.asyncDispose]: stop };
}
