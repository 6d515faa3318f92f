import type { GenerationSpan } from "../../feed.ts";
import type { Stretch } from "./scale.ts";

/** A part of a generation's life, of one look. */
export interface Segment extends Stretch {
  readonly look: "loading" | "live" | "draining" | "freed" | "leaked";
}

/** A generation and the lane of its row that it is drawn in. */
export interface Bar {
  readonly span: GenerationSpan;
  readonly lane: number;
}

/** The generations of one plugin. */
export interface Row {
  readonly plugin: string;
  readonly bars: readonly Bar[];
  readonly lanes: number;
}

/** More generations than that at one time share the last lane. */
const MOST_LANES = 5;

/** When the generation began to be loaded. */
export function beginOf({ reached }: GenerationSpan): number {
  return reached.loading ?? reached.live ?? 0;
}

/** The parts of a generation's life up to `now`; those that nothing is known of are left out. */
export function segmentsOf({ reached, leaked }: GenerationSpan, now: number): Segment[] {
  const { loading, live, draining, freed, collected } = reached;
  const end = collected ?? now;
  const segments: Segment[] = [];
  const add = (look: Segment["look"], from: number | undefined, ...until: (number | undefined)[]): void => {
    if (from !== undefined) segments.push({ look, start: from, end: until.find((time) => time !== undefined) ?? end });
  };
  add("loading", loading, live, draining, freed);
  add("live", live, draining, freed);
  add("draining", draining, freed);
  add(leaked ? "leaked" : "freed", freed);
  return segments;
}

/** A row for each plugin with a generation that was in memory in `stretch`, by name. */
export function rowsOf(spans: readonly GenerationSpan[], stretch: Stretch): Row[] {
  const seen = spans.filter((span) => (span.reached.collected ?? stretch.end) >= stretch.start);
  const rows = Array.from(
    Map.groupBy(seen, ({ plugin }) => plugin),
    ([plugin, own]) => rowOf(plugin, own, stretch.end),
  );
  return rows.toSorted((a, b) => (a.plugin < b.plugin ? -1 : 1));
}

/** Whether the plugin had one generation in that time, from begin to end live: there is nothing to see. */
export function isUneventful({ bars }: Row): boolean {
  return bars.length === 1 && bars[0]?.span.state === "live";
}

function rowOf(plugin: string, spans: readonly GenerationSpan[], now: number): Row {
  const ends: number[] = [];
  const bars = spans
    .toSorted((a, b) => a.number - b.number)
    .map((span) => {
      const free = ends.findIndex((end) => end <= beginOf(span));
      const lane = Math.min(free === -1 ? ends.length : free, MOST_LANES - 1);
      ends[lane] = span.reached.collected ?? now;
      return { span, lane };
    });
  return { plugin, bars, lanes: ends.length };
}
