import { PluginManagerSwapper } from "hotswap";

/** A process that listens on the socket that it is given, with or without a swapper, and says so. */
const [kind, path = ""] = process.argv.slice(2);

if (kind === "bare") {
  Bun.listen({ unix: path, socket: { data() {} } });
  console.log("listening");
} else {
  const [dir = ""] = process.argv.slice(4);
  const swapper = new PluginManagerSwapper(dir, kind === "asked" ? { control: path } : {});
  await swapper.loadPlugins();
  console.log(`loaded, variable ${process.env["HOTSWAP_DEV"] ?? "taken"}`);
  // The socket does not keep a process running; this does.
  setInterval(() => {}, 60_000);
}
