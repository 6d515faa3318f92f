/*
 * A host of the soak: a member of a fleet that answers HTTP with what it serves. What it is to do comes as JSON in the
 * environment; `/fault` says how the next plugin that is loaded fails.
 */
import { PluginManagerSwapper } from "hotswap";
import { fleetStore, type FleetStore, joinFleet } from "hotswap/fleet";
import { RecordingLogger } from "../../support/logger.ts";
import type { HostOptions } from "./host-options.ts";

const options = JSON.parse(process.env["SOAK_HOST"] ?? "{}") as HostOptions;
const told: Record<string, string> = {};

/** Remembers each decision that the member was told. */
function witnessed(store: FleetStore): FleetStore {
  const read: FleetStore["read"] = async (fleet, addresses) => {
    const snapshot = await store.read(fleet, addresses);
    for (const doc of snapshot.docs) {
      if (doc?.collection === "decisions") told[doc.key] = (JSON.parse(doc.text) as { verdict: string }).verdict;
    }
    return snapshot;
  };
  return new Proxy(store, {
    get(target, name) {
      if (name === "read") return read;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const logger = new RecordingLogger();
const { folder, root, id, fleet, heartbeat, poll } = options;
const swapper = new PluginManagerSwapper(folder, { logger, root, freeDelay: 0, hookTimeout: 3000, holdTimeout: 8000 });
const names = ["alpha", "beta"];

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    if (request.method === "POST") {
      Object.assign(globalThis, { soakFault: await request.json() });
      return new Response("");
    }
    if (request.url.endsWith("/log")) return new Response(logger.lines.join("\n"));
    const manager = swapper.current;
    const serves: Record<string, unknown> = {};
    for (const name of names) {
      const plugin = manager?.findPlugin(name);
      if (plugin !== undefined) serves[name] = plugin.invokeFunc("version");
    }
    return Response.json({ serves, told });
  },
});

await swapper.loadPlugins();
const store = witnessed(fleetStore(options.store));
const member = await joinFleet(swapper, { store, fleet, id, heartbeat, poll });
console.log(`member ${member.id} on ${server.port}`);
