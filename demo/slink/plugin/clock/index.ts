import { definePlugin } from "hotswap";
import type { ClockExport } from "../../contracts.ts";

export default definePlugin({
  export: (): ClockExport => ({ partOfDay }),
});

function partOfDay(): string {
  const hour = new Date().getHours();
  if (hour < 12) return "morning";
  return hour < 18 ? "afternoon" : "evening";
}
