import { serve } from "./serve-node.js";

serve(async () => {
  const plugin = await import("./plugin/index.js", import.meta.hot?.boundary);
  return plugin.handle();
});
