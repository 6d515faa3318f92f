import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ReloadPhase } from "../reload/reload-log.ts";

/** What a host under development leaves behind when it ends by itself: there is no time for a report. */
export interface LastWords {
  /** What was saved later was not looked at, in ms since 1970. */
  readonly since: number;
  /** What the reload was at that was under way. */
  readonly step?: ReloadPhase | undefined;
}

/** `reports` is the socket on which `hotswap dev` takes reports; whoever may write beside it may write this. */
export function writeLastWords(reports: string, words: LastWords): void {
  try {
    writeFileSync(fileBeside(reports), JSON.stringify(words), { mode: 0o600 });
  } catch {
    // `hotswap dev` is gone, with its folder: nobody asks.
  }
}

/** Takes them away; `undefined` for a host that was killed, or crashed. */
export function takeLastWords(reports: string): LastWords | undefined {
  const file = fileBeside(reports);
  try {
    return JSON.parse(readFileSync(file, "utf8")) as LastWords;
  } catch {
    return undefined;
  } finally {
    rmSync(file, { force: true });
  }
}

function fileBeside(reports: string): string {
  return `${reports}.end`;
}
