/** Throws a `RangeError` unless `value` is a time span. */
export function milliseconds(name: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name} must be a number of ms from 0, not ${value}`);
}

/** The bytes that one value of a data bag, or the data of one job, may take. Throws a `RangeError` for what is not a size. */
export function valueSize(maxValueSize = 64 * 2 ** 20): number {
  if (maxValueSize > 0) return maxValueSize;
  throw new RangeError(`maxValueSize must be a number of bytes above 0, not ${maxValueSize}`);
}
