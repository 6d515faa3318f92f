import { describeError } from "../errors.ts";
import type { GenerationStats } from "../generation/call-stats.ts";
import type { ProbationOutcome, ProbationState } from "../plan/probation-state.ts";

/** How a new set is watched after its swap (SPEC 3.18). */
export interface ProbationOptions {
  /** For how long, in ms. */
  readonly watch: number;
  /**
   * How many uncaught errors and failed calls of the new generations are tolerated; with one more the swapper goes
   * back.
   * @default 0
   */
  readonly maxErrors?: number;
  /** Asked again and again, and at the end: the swapper goes back when it returns `false`, throws, rejects or hangs. */
  readonly healthy?: () => boolean | Promise<boolean>;
}

/** What a probation needs of the swapper. */
export interface ProbationHost {
  /** The counters of the new generations. */
  readonly stats: readonly GenerationStats[];
  /** In ms: how long `healthy` may take. */
  readonly timeout: number;
  /** Makes the set before live again, unless another set has taken the place of the new one. */
  goBack(reason: string): Promise<void>;
  /** Hears of each change. */
  tell(state: ProbationState): void;
}

/** How many times `healthy` is asked during the watch, at most once a second. */
const LOOKS = 10;
const MOST_OFTEN = 1000;

/** Watches a set after its swap, and has the swapper go back when it misbehaves. */
export class Probation {
  readonly #options: ProbationOptions;
  readonly #maxErrors: number;
  readonly #host: ProbationHost;
  readonly #before: number;
  readonly #startedAt = new Date();
  readonly #over = Promise.withResolvers<ProbationState>();
  readonly #timers: (Timer | undefined)[] = [];
  #state: ProbationOutcome = "running";
  #reason: string | undefined;
  #isGoingBack = false;

  /** @throws RangeError for a time or number that makes no sense. */
  constructor(options: ProbationOptions, host: ProbationHost) {
    this.#options = checkProbation(options);
    this.#maxErrors = options.maxErrors ?? 0;
    this.#host = host;
    this.#before = this.#count();
  }

  /** Resolves at the end. Never rejects. */
  get over(): Promise<ProbationState> {
    return this.#over.promise;
  }

  get state(): ProbationState {
    return {
      state: this.#state,
      startedAt: this.#startedAt,
      watch: this.#options.watch,
      maxErrors: this.#maxErrors,
      errors: this.#count() - this.#before,
      reason: this.#reason,
    };
  }

  /** Begins to watch. */
  start(): void {
    const { watch, healthy } = this.#options;
    for (const stats of this.#host.stats) stats.onError = () => this.#checkErrors();
    this.#timers.push(setTimeout(() => void this.#finish(), watch).unref());
    if (healthy !== undefined) {
      const interval = Math.min(MOST_OFTEN, watch / LOOKS);
      this.#timers.push(setInterval(() => void this.#checkHealth(), interval).unref());
    }
    this.#host.tell(this.state);
  }

  /**
   * Ends the watch: `went back` and `ended` when another set took the place of the one that is watched, `passed` when there
   * is nothing to watch for.
   */
  end(outcome: "passed" | "went back" | "ended", reason: string): void {
    // Going back is over when the reload that does it is, and not with its swap.
    if (!this.#isGoingBack || outcome === "ended") this.#settle(outcome, reason);
  }

  #count(): number {
    return this.#host.stats.reduce((sum, { failures, uncaught }) => sum + failures + uncaught, 0);
  }

  #checkErrors(): void {
    const errors = this.#count() - this.#before;
    if (errors > this.#maxErrors) {
      void this.#goBack(
        `${errors} ${errors === 1 ? "error" : "errors"} of the new plugins, and maxErrors is ${this.#maxErrors}`,
      );
    }
  }

  async #checkHealth(): Promise<void> {
    const reason = await this.#complaint();
    if (reason !== undefined) await this.#goBack(reason);
  }

  async #finish(): Promise<void> {
    if (this.#options.healthy !== undefined) await this.#checkHealth();
    if (!this.#isGoingBack) this.#settle("passed", undefined);
  }

  /** What `healthy` has to say against the new set. */
  async #complaint(): Promise<string | undefined> {
    const { healthy } = this.#options;
    if (healthy === undefined) return undefined;
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => resolve(`healthy() did not return within ${this.#host.timeout} ms`),
      this.#host.timeout,
    );
    try {
      const answer = await Promise.race([Promise.try(healthy), late]);
      if (typeof answer === "string") return answer;
      return answer === false ? "healthy() returned false" : undefined;
    } catch (error) {
      return `healthy() failed: ${describeError(error)}`;
    } finally {
      clearTimeout(timer);
    }
  }

  async #goBack(reason: string): Promise<void> {
    if (this.#isGoingBack || this.#state !== "running") return;
    this.#isGoingBack = true;
    this.#reason = reason;
    this.#stopWatching();
    try {
      await this.#host.goBack(reason);
      this.#settle("went back", reason);
    } catch (error) {
      this.#settle("stuck", `${reason}; the set before could not be made live again: ${describeError(error)}`);
    }
  }

  #settle(state: ProbationOutcome, reason: string | undefined): void {
    if (this.#state !== "running") return;
    this.#state = state;
    this.#reason = reason;
    this.#stopWatching();
    this.#host.tell(this.state);
    this.#over.resolve(this.state);
  }

  #stopWatching(): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    for (const stats of this.#host.stats) stats.onError = undefined;
  }
}

/** Returns the options as they are. @throws RangeError for a time or number that makes no sense. */
export function checkProbation(options: ProbationOptions): ProbationOptions {
  const { watch, maxErrors = 0 } = options;
  if (!(watch > 0 && watch < 2 ** 31)) throw new RangeError(`probation.watch must be a time in ms, not ${watch}`);
  if (!(maxErrors >= 0)) throw new RangeError(`probation.maxErrors must be a number of 0 or more, not ${maxErrors}`);
  return options;
}
