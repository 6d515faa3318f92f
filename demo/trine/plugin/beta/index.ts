import { definePlugin } from "hotswap";
import type { BetaExport } from "../../contracts.ts";
import { deps } from "./deps.ts";
import { two } from "./two.ts";

export default definePlugin({
  import: () => deps,
  export: (): BetaExport => ({ two }),
});
