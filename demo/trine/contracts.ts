/** What the plugins export to each other. Types only: nothing of this file is left in a running program. */

export interface AlphaExport {
  /** Alpha's line. */
  one(): string[];
}

export interface BetaExport {
  /** Alpha's line, and then beta's. */
  two(): string[];
}
