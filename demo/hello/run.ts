// The smallest whole: a host, two plugins, and a reload.
//
//     run.ts, reload.ts   the program, and what rebuilds its plugins
//     host/               code of the host, which plugins may import: it stays
//     plugin/NAME/        code of a plugin: it is replaced
//     bin/plugins/        what `hotswap build` makes of the plugins, one file each
//
//     bun run demo/hello/run.ts      starts the server; leave it running
//     bun run demo/hello/reload.ts   rebuilds the plugins and has it reload
//
// Change a greeting in plugin/ in between. In the output, the count of a plugin begins anew with each build, because
// module state belongs to a generation; the count of the host goes on.
import { buildPlugins } from "../kit/build.ts";
import { runServer } from "../kit/run-server.ts";
import { swapper } from "./host/swapper.ts";
import { takeLines } from "./host/say.ts";

await buildPlugins(import.meta.dir);
await swapper.loadPlugins();

await runServer({
  demo: import.meta.dir,
  swapper,
  lines() {
    // Every plugin that has the function is called; one that throws is logged and does not stop the others.
    swapper.current?.invokeEach("greet", "world");
    return takeLines();
  },
});
