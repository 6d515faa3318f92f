// Runs inside Vite's module runner, and accepts the plugin's updates.
import * as plugin from "./plugin/index.ts";

let current: typeof plugin = plugin;

export const handle = (): string => current.handle();

import.meta.hot?.accept("./plugin/index.ts", (updated) => {
  if (updated) current = updated as unknown as typeof plugin;
});
