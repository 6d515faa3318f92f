// Vite in middleware mode; MODE chooses the module runner or ssrLoadModule.
import { createServer, createServerModuleRunner } from "vite";
import { serve } from "./shared/serve-node.js";

const server = await createServer({
  root: process.cwd(),
  configFile: false,
  appType: "custom",
  logLevel: "silent",
  server: { middlewareMode: true, ws: false },
  optimizeDeps: { noDiscovery: true },
});

if (process.env.MODE === "runner") {
  const runner = createServerModuleRunner(server.environments.ssr);
  const entry = await runner.import("/vite-runner-entry.ts");
  serve(() => entry.handle());
} else {
  serve(async () => {
    const plugin = await server.ssrLoadModule("/plugin/index.ts");
    return plugin.handle();
  });
}
