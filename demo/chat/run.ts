// A chat with rooms. The host owns the server and its sockets; what is said, kept and shown is code of the plugin.
//
//     bun run demo/chat/run.ts       starts the server and prints where the page is; open it in two windows
//     bun run demo/chat/reload.ts    rebuilds the plugin and has it reload
//     bunx hotswap rollback --host demo/chat/bin/control    goes back
//
// Change how a message looks in plugin/chat/format.ts, or a command in plugin/chat/commands.ts, in between: no socket
// closes, the history stays, and it looks as the new code has it.
import { buildPlugins } from "../kit/build.ts";
import { runServer } from "../kit/run-server.ts";
import { server } from "./host/server.ts";
import { swapper } from "./host/swapper.ts";
import type chat from "./plugin/chat/index.ts";

await buildPlugins(import.meta.dir);
await swapper.loadPlugins();

await runServer({
  demo: import.meta.dir,
  swapper,
  lines: () => swapper.current?.findPlugin<typeof chat>("chat")?.invokeFunc("summary", server.url) ?? [],
});
