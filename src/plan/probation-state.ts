/**
 * - `running`: the new set is being watched
 * - `passed`: it was watched to the end, and stays
 * - `went back`: the set before is live again
 * - `ended`: another reload took its place before the end
 * - `stuck`: it should have gone back and could not; the new set stays, and `reason` says why
 */
export type ProbationOutcome = "running" | "passed" | "went back" | "ended" | "stuck";

/** Where a probation stands (SPEC 3.18). */
export interface ProbationState {
  readonly state: ProbationOutcome;
  readonly startedAt: Date;
  /** In ms. */
  readonly watch: number;
  readonly maxErrors: number;
  /** Uncaught errors and failed calls of the new generations so far. */
  readonly errors: number;
  /** Why it went back, ended or is stuck. */
  readonly reason: string | undefined;
}
