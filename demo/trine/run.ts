// Three plugins that depend on each other: gamma calls beta, beta calls alpha.
//
//     bun run demo/trine/run.ts      starts the server
//     bun run demo/trine/reload.ts   rebuilds the plugins and has it reload, under load
//
// Change something in plugin/ in between, and see it in the server's output.
import { buildPlugins } from "../kit/build.ts";
import { runServer } from "../kit/run-server.ts";
import { swapper } from "./host/swapper.ts";
// The type of a plugin's definition is all that the host takes of it: its functions are typed by it.
import type gamma from "./plugin/gamma/index.ts";

await buildPlugins(import.meta.dir);
await swapper.loadPlugins();

await runServer({
  demo: import.meta.dir,
  swapper,
  lines: () => swapper.current?.findPlugin<typeof gamma>("gamma")?.invokeFunc("three") ?? [],
});
