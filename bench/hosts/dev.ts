// For `hotswap dev`: a host as a user writes it, which also says what its last reload consisted of.
import { PluginManagerSwapper } from "hotswap";
import { serve } from "./shared/serve-bun.ts";

const swapper = new PluginManagerSwapper("bin");
let steps = "";
swapper.subscribe((news) => {
  if (news.type !== "end") return;
  const { timings } = news.record;
  steps = JSON.stringify({ liveAt: performance.timeOrigin + performance.now(), timings });
});
await swapper.loadPlugins();
serve(
  () => String(swapper.current?.findPlugin("plugin")?.invokeFunc("handle")),
  () => steps,
);
