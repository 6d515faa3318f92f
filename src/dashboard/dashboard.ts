import type { HostTarget } from "../reload/host-target.ts";
import { Dashboard, type DashboardOptions } from "./handler.ts";
import { ownHost } from "./host/shown-host.ts";

/** A swapper, seen from where it can be controlled. */
interface ControlledSwapper {
  readonly controlTarget: HostTarget;
}

/**
 * A dashboard of this process, to be mounted in a server of one's own. It needs no control socket.
 *
 * It answers under the names of the loopback interface alone; `hosts` adds others, and then whoever reaches the server
 * sees the page: put it behind whatever else protects it.
 *
 * @throws RangeError for a path without slashes at both ends.
 * @example
 *     using board = dashboard(swapper, { path: "/hotswap/" });
 *     Bun.serve({ routes: { "/hotswap/*": board.fetch } });
 */
export function dashboard(swapper: ControlledSwapper, options: DashboardOptions = {}): Dashboard {
  return new Dashboard(ownHost(swapper.controlTarget), `process ${process.pid}`, options);
}
