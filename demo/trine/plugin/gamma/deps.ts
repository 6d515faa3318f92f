import { dependency } from "hotswap";
import type { BetaExport } from "../../contracts.ts";

export const deps = {
  beta: dependency<BetaExport>("two"),
};
