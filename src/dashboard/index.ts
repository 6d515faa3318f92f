export { dashboard } from "./dashboard.ts";
export type { Dashboard, DashboardOptions } from "./handler.ts";
