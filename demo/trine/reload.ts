// Rebuilds the three plugins with a new build mark and has the server reload while it is under load. Starts a server
// when none is running, and ends it again. Fails when a request failed or the new build did not show.
import { buildPlugins } from "../kit/build.ts";
import { DemoServer } from "../kit/server.ts";
import { Load } from "./load.ts";

await using server = await DemoServer.findOrStart(import.meta.dir);
console.log(`${server.wasStartedHere ? "started" : "found"} the server: process ${server.pid}, ${server.url}\n`);
console.log(`before:\n${(await server.lines()).join("\n")}\n`);

await using load = new Load(server);
await load.more(200);
const mark = await buildPlugins(import.meta.dir);
console.log(`reloaded under load: ${await server.reload()}\n`);
await load.more(200);
await load.end();

const after = await server.lines();
console.log(`after:\n${after.join("\n")}\n`);

const { served, failed, mixed } = load;
const isLive = after.length === 3 && after.every((line) => line.includes(mark));
console.log(`requests: ${served} served, ${failed} failed, ${mixed} that saw a mixture of builds`);
console.log(isLive ? "the new build is live, in the same process" : `the new build (${mark}) did not show`);
process.exitCode = isLive && failed === 0 && mixed === 0 ? 0 : 1;
