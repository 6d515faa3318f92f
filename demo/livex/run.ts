// Live functions, live types and live data: jobs that old code put into a queue are done by the newest code.
//
// The garden sows jobs faster than they are done, so there always are some that wait. After a reload the first lines show
// jobs that were "sown by" the old build and done by the new one; what the old build said about a tulip reaches the new
// build's class as data.
//
//     bun run demo/livex/run.ts      starts the server; leave it running
//     bun run demo/livex/reload.ts   rebuilds the plugin and has it reload
//
// Give Live_Tulip another field in between: tulips of the old build get the value that the new class gives it.
import { buildPlugins } from "../kit/build.ts";
import { runServer } from "../kit/run-server.ts";
import { queue } from "./host/queue.ts";
import { takeLines } from "./host/say.ts";
import { swapper } from "./host/swapper.ts";

await buildPlugins(import.meta.dir);
await swapper.loadPlugins();
for (let round = 0; round < 3; round++) swapper.current?.invokeEach("sow");

await runServer({
  demo: import.meta.dir,
  swapper,
  async lines() {
    swapper.current?.invokeEach("sow");
    await queue.tick(2);
    return takeLines();
  },
});
