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
