import { describeError } from "../../errors.ts";
import type { Failure } from "../protocol/records.ts";

/** Counts what goes wrong in plugins. */
export interface ErrorCount {
  /** Errors that nobody caught, since the host began. */
  readonly total: number;
  /** The newest of them. */
  readonly newest: Failure | undefined;
}

const NO_ERRORS: ErrorCount = { total: 0, newest: undefined };

/** How long `healthy()` may take, in ms. */
const PATIENCE = 10_000;

/** Watches one member from the swap of a rollout's release on. */
export class HealthWatch {
  readonly #errors: ErrorCount;
  readonly #healthy: (() => boolean | Promise<boolean>) | undefined;
  readonly #before: number;

  constructor(errors: ErrorCount = NO_ERRORS, healthy: (() => boolean | Promise<boolean>) | undefined) {
    this.#errors = errors;
    this.#healthy = healthy;
    this.#before = errors.total;
  }

  /** Why the member is unhealthy; `undefined` when it is well. */
  async problem(maxErrors: number): Promise<Failure | undefined> {
    const count = this.#errors.total - this.#before;
    if (count > maxErrors) {
      const { newest } = this.#errors;
      const what = newest === undefined ? "" : `, the newest: ${newest.message}`;
      return { ...newest, message: `${count} uncaught plugin ${count === 1 ? "error" : "errors"}${what}` };
    }
    if (this.#healthy === undefined) return undefined;
    try {
      const isWell = await inTime(Promise.try(this.#healthy));
      return isWell ? undefined : { message: "healthy() said no" };
    } catch (error) {
      return { message: `healthy() failed: ${describeError(error)}` };
    }
  }
}

async function inTime<Result>(promise: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE / 1000} s`)), PATIENCE);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
