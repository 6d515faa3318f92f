// One of several processes that answer on one port and reload as one. run.ts starts them:
//   FLEET_STORE=… FLEET_WORKER=worker-1 PORT=… bun worker.ts <folder with artifacts>
import { PluginManagerSwapper } from "hotswap";
import { fleetStore, joinFleet } from "hotswap/fleet";
import type greeter from "./plugin/greeter";

const { FLEET_STORE = "", FLEET_WORKER = "", PORT } = process.env;
const [folder = ""] = process.argv.slice(2);
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const swapper = new PluginManagerSwapper(folder, { freeDelay: 1000, logger: quiet });
await using store = fleetStore(FLEET_STORE);
await using member = await joinFleet(swapper, {
  store,
  fleet: "demo",
  id: FLEET_WORKER,
  data: FLEET_WORKER,
  heartbeat: 1000,
  poll: 500,
});

const server = Bun.serve({
  port: Number(PORT),
  hostname: "127.0.0.1",
  reusePort: true,
  fetch() {
    const plugin = swapper.current?.findPlugin<typeof greeter>("greeter");
    return Response.json({
      worker: member.id,
      release: plugin?.invokeFunc("release"),
      text: plugin?.invokeFunc("greet"),
    });
  },
});
console.log("ready");

const { promise: asked, resolve: end } = Promise.withResolvers<void>();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end());
await asked;
await server.stop();
