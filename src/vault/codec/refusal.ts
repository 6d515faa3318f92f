import { HotswapError } from "../../errors.ts";

/** Why something cannot be stored, and the step that leads to it from the object being looked at. */
export class Refusal {
  readonly reason: string;
  readonly step: string;
  readonly cause: unknown;

  constructor(reason: string, step = "", cause?: unknown) {
    this.reason = reason;
    this.step = step;
    this.cause = cause;
  }
}

/** Why an object that is not what its prototype says cannot be stored. */
export const DISGUISED = "a built-in object with the prototype of another cannot be stored";

/** The error for a value at `path` that takes more than `maxSize` bytes. */
export function tooLarge(path: string, maxSize: number): HotswapError {
  const limit = maxSize >= 2 ** 20 ? `${Number((maxSize / 2 ** 20).toFixed(1))} MB` : `${maxSize} bytes`;
  return new HotswapError(
    "HOTSWAP_TOO_LARGE",
    `${path}: the value takes more than ${limit} (maxValueSize): store it in parts, keep large content in files, or raise the limit`,
  );
}
