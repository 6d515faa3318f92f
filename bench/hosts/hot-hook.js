import { serve } from "./shared/serve-node.js";

serve(async () => {
  const plugin = await import("./plugin/index.js", import.meta.hot?.boundary);
  return plugin.handle();
});
