/** Throws a `RangeError` unless `value` is a time span. */
export function milliseconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name} must be a number of ms from 0, not ${value}`);
}
