/**
 * The dashboard as part of a host's own server.
 *
 * @module hotswap/dashboard
 */
export { dashboard } from "./dashboard.ts";
export type { Dashboard, DashboardOptions } from "./handler.ts";
