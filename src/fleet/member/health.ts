import { describeError } from "../../errors.ts";
import type { Failure } from "../protocol/records.ts";
import type { FleetSwapper } from "./reloading.ts";

/** Counts errors that nobody caught in a host's plugins. Keeps their text, and nothing of the plugins. */
export class ErrorCount implements Disposable {
  readonly #unsubscribe: () => void;
  #total = 0;
  #newest: Failure | undefined;

  constructor(swapper: Pick<FleetSwapper, "subscribeErrors">) {
    this.#unsubscribe = swapper.subscribeErrors((error, { plugin, count }) => {
      this.#total += count;
      this.#newest = { plugin, message: describeError(error) };
    });
  }

  /** Since the host became a member. */
  get total(): number {
    return this.#total;
  }

  get newest(): Failure | undefined {
    return this.#newest;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}

/** How long `healthy()` may take, in ms. */
const PATIENCE = 10_000;

/** Watches one member from the swap of a rollout's release on. */
export class HealthWatch {
  readonly #errors: ErrorCount;
  readonly #healthy: (() => boolean | Promise<boolean>) | undefined;
  readonly #before: number;

  constructor(errors: ErrorCount, healthy: (() => boolean | Promise<boolean>) | undefined) {
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
