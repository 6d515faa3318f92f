import { join } from "node:path";
import { build } from "../../src/build/index.ts";
import { createHost, type Host } from "../support/host.ts";
import { ServedHost, serveOn } from "./served-host.ts";

export const frameworks = ["hono", "elysia", "socketio", "trpc", "orpc", "yoga"] as const;

export type Framework = (typeof frameworks)[number];

/** Builds the app in this framework, a package of the host's, as a plugin of this version. */
export async function buildApp({ project }: Host, framework: Framework, version: number): Promise<void> {
  await build({
    pluginDir: join(import.meta.dir, "apps", framework),
    outputDir: project.out,
    buildFlags: ["--define", `VERSION=${version}`],
  });
}

/** Serves the app in its first version. */
export async function serveApp(framework: Framework, drainTimeout = 60_000): Promise<ServedHost> {
  const host = await createHost({}, { root: join(import.meta.dir, "..", ".."), drainTimeout });
  await buildApp(host, framework, 1);
  await host.swapper.loadPlugins();
  return new ServedHost(host, serveOn(host, { app: framework, versionHeader: "x-hotswap", idleTimeout: 60 }));
}
