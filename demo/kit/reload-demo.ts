import { buildPlugins } from "./build.ts";
import { DemoServer } from "./server.ts";

/** Rebuilds the plugins of a demo, has its server reload, and prints the lines before and after. */
export async function reloadDemo(demo: string): Promise<void> {
  await using server = await DemoServer.findOrStart(demo);
  console.log(`${server.wasStartedHere ? "started" : "found"} the server: process ${server.pid}, ${server.url}\n`);
  console.log(`before:\n${(await server.lines()).join("\n")}\n`);
  await buildPlugins(demo);
  console.log(`reloaded: ${await server.reload()}\n`);
  console.log(`after:\n${(await server.lines()).join("\n")}`);
}
