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
