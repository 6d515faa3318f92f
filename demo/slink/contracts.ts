/** What the plugins export to each other; types only. */
export interface ClockExport {
  /** `morning`, `afternoon`, ... */
  partOfDay(): string;
}
