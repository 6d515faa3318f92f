const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Distances between ticks that people count in, in ms. */
const steps = [
  ...[1, 2, 5, 10, 15, 30].map((amount) => amount * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((amount) => amount * MINUTE),
  ...[1, 2, 3, 6, 12].map((amount) => amount * HOUR),
  ...[1, 2, 7, 14, 28].map((amount) => amount * DAY),
];

/** A stretch of time, in ms since 1970. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where a moment lies in the stretch: 0 at its start, 1 at its end, and outside of it less or more. */
export function fractionAt({ start, end }: Stretch, time: number): number {
  return end > start ? (time - start) / (end - start) : 1;
}

/** At most `limit` round moments of the viewer's time zone, at even distances. */
export function ticksOf(
  { start, end }: Stretch,
  limit: number,
): { readonly times: readonly number[]; readonly step: number } {
  const length = end - start;
  const step = steps.find((candidate) => length / candidate <= limit) ?? Math.ceil(length / limit / DAY) * DAY;
  // Midnight of the viewer, not of Greenwich: steps of hours and days begin there.
  const offset = new Date(end).getTimezoneOffset() * MINUTE;
  const times: number[] = [];
  for (let time = Math.ceil((start - offset) / step) * step + offset; time < end; time += step) times.push(time);
  return { times, step };
}

/** A tick's label: as fine as the steps are. */
export function formatTick(time: number, step: number): string {
  const date = new Date(time);
  if (step >= DAY) return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return step >= MINUTE ? minutes : `${minutes}:${two(date.getSeconds())}`;
}
