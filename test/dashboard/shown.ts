import type { SwapperOptions } from "hotswap";
import { type DashboardServer, serveDashboard, type ServeDashboardOptions } from "../../src/dashboard/serve.ts";
import { type ControlledHost, createControlledHost } from "../control/controlled-host.ts";

/** A real host, loaded, and a dashboard that shows it. */
export interface Shown extends ControlledHost {
  readonly board: DashboardServer;
  readonly url: string;
}

export async function createShown(
  plugins: Readonly<Record<string, string>>,
  options: ServeDashboardOptions = {},
  swapperOptions: SwapperOptions<undefined> = {},
): Promise<Shown> {
  await using owned = new AsyncDisposableStack();
  const controlled = owned.use(await createControlledHost(plugins, swapperOptions));
  await controlled.host.swapper.loadPlugins();
  const board = owned.use(serveDashboard(controlled.socket, options));
  const stack = owned.move();
  return { ...controlled, board, url: board.url, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** The source of a plugin whose `onInit` throws `message`. */
export function failingPlugin(message: string): string {
  return `import { definePlugin } from "hotswap";
export default definePlugin({ onInit() { throw new Error(${JSON.stringify(message)}); } });`;
}
