/** The value below which `share` (0 to 1) of `values` lie; NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** What is between a quarter and three quarters of the values: half of them. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), low: quantile(values, 0.25), high: quantile(values, 0.75) };
}

/** The slope of the least-squares line through `values` at x = `xs`. */
export function slope(xs: readonly number[], values: readonly number[]): number {
  const meanX = mean(xs);
  const meanY = mean(values);
  let above = 0;
  let below = 0;
  for (const [index, x] of xs.entries()) {
    above += (x - meanX) * ((values[index] ?? Number.NaN) - meanY);
    below += (x - meanX) ** 2;
  }
  return above / below;
}

function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Three significant digits, with thousands separated: `0.123`, `12.3`, `1,230`; `-` for what was not measured. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: Math.min(digits, 3) });
}

/** `a` in multiples of `b`: `1.23 x`. */
export function ratio(a: number, b: number): string {
  const value = a / b;
  return Number.isFinite(value) ? `${value.toFixed(2)} x` : "-";
}

/** Calls `round` `rounds` times for every subject in turn, so that a slow spell of the machine meets all alike. */
export async function alternate<S>(
  subjects: readonly S[],
  rounds: number,
  round: (subject: S, number: number) => Promise<void> | void,
): Promise<void> {
  for (let number = 0; number < rounds; number++) {
    for (const subject of subjects) await round(subject, number);
  }
}
