/**
 * How many names of functions are told apart in one generation: a plugin's own `invokeFunc` may be called with any
 * name.
 */
const MAX_FUNCTIONS = 100;

/** What all further names are counted under. */
const OTHERS = "(others)";

/** Every so many calls one is timed, because two looks at the clock cost more than a call. A power of two. */
const TIMED_EVERY = 16;

/** Buckets grow by a quarter of a doubling, from 1 µs to two minutes. */
const STEPS_PER_DOUBLING = 4;
const BUCKETS = 27 * STEPS_PER_DOUBLING + 2;

/** Durations in a bounded space: a quantile is right to a tenth. */
export class Histogram {
  #buckets: Uint32Array | undefined;
  #count = 0;
  #sum = 0;

  get count(): number {
    return this.#count;
  }

  /** In ms. */
  get sum(): number {
    return this.#sum / 1e6;
  }

  /** `duration` in ns. */
  add(duration: number): void {
    const buckets = (this.#buckets ??= new Uint32Array(BUCKETS));
    const index =
      duration < 1000 ? 0 : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log2(duration / 1000) * STEPS_PER_DOUBLING));
    buckets[index] = (buckets[index] ?? 0) + 1;
    this.#count++;
    this.#sum += duration;
  }

  addAll(other: Histogram): void {
    if (other.#buckets === undefined) return;
    const buckets = (this.#buckets ??= new Uint32Array(BUCKETS));
    for (const [index, count] of other.#buckets.entries()) buckets[index] = (buckets[index] ?? 0) + count;
    this.#count += other.#count;
    this.#sum += other.#sum;
  }

  /** The duration in ms that the share `quantile` of all stays below; `undefined` when there are none. */
  quantile(quantile: number): number | undefined {
    if (this.#buckets === undefined) return undefined;
    let left = Math.max(1, Math.ceil(this.#count * quantile));
    for (const [index, count] of this.#buckets.entries()) {
      left -= count;
      if (left <= 0) return index === 0 ? 0.001 : 2 ** ((index - 0.5) / STEPS_PER_DOUBLING) / 1000;
    }
    return undefined;
  }
}

/** The calls of one function. */
export class FunctionStats {
  /** 0 unless calls are observed. */
  calls = 0;
  /** Calls that threw or rejected. */
  failures = 0;
  /** Calls whose promise is not settled. */
  underWay = 0;
  /** Of every call that returned a promise, and of one in {@link TIMED_EVERY} of the others. */
  readonly durations = new Histogram();

  /** Counts a call. Returns whether it is one of those that are timed. */
  begin(): boolean {
    return (this.calls++ & (TIMED_EVERY - 1)) === 0;
  }

  addAll({ calls, failures, durations }: FunctionStats): void {
    this.calls += calls;
    this.failures += failures;
    this.durations.addAll(durations);
  }
}

/** Functions by name, and no more of them than can be looked through. */
export class FunctionTable {
  readonly #functions = new Map<string, FunctionStats>();

  of(name: string): FunctionStats {
    // Every counted call comes here, so it should cost one look-up.
    return this.#functions.get(name) ?? this.#added(name);
  }

  #added(name: string): FunctionStats {
    const key = this.#functions.size < MAX_FUNCTIONS ? name : OTHERS;
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    const stats = new FunctionStats();
    this.#functions.set(key, stats);
    return stats;
  }

  addAll(other: FunctionTable): void {
    for (const [name, stats] of other) this.of(name).addAll(stats);
  }

  [Symbol.iterator](): IterableIterator<[string, FunctionStats]> {
    return this.#functions.entries();
  }
}

/** How an error came to be reported: a call that failed, or background work that nobody waits for. */
export type ErrorSource = "call" | "uncaughtException" | "unhandledRejection";

/** Hears of the errors of one generation. `name` is the function that failed. */
export interface ErrorReporter {
  /** `count` errors that are alike. */
  report(error: unknown, source: ErrorSource, name: string | undefined, count: number): void;
  /**
   * Counts one more failed call of the function without its error: describing the error would cost more than the call.
   */
  repeat(name: string, error: unknown): void;
}

/** In ms: failures of one function that follow each other faster are counted, and only some of them described. */
const DESCRIBED_EVERY = 100;

/** What one generation did, as numbers. Holds nothing of its code. */
export class GenerationStats {
  readonly functions = new FunctionTable();
  /** Whether calls are counted and timed (`observe: "calls"`), and not only what fails. */
  readonly countsCalls: boolean;
  readonly #reporter: ErrorReporter;
  /** When an error of each function was described last. */
  readonly #described = new Map<FunctionStats, number>();
  #failures = 0;
  #uncaught = 0;
  #onError: (() => void) | undefined;

  constructor(countsCalls: boolean, reporter: ErrorReporter) {
    this.countsCalls = countsCalls;
    this.#reporter = reporter;
  }

  /** Calls that threw or rejected. */
  get failures(): number {
    return this.#failures;
  }

  /** Errors of background work that nobody caught. */
  get uncaught(): number {
    return this.#uncaught;
  }

  /** Has `listener` called at each failure and uncaught error; one at a time. */
  set onError(listener: (() => void) | undefined) {
    this.#onError = listener;
  }

  /** A call of the function failed. */
  fail(name: string, error: unknown): void {
    this.#failures++;
    const stats = this.functions.of(name);
    stats.failures++;
    const now = performance.now();
    if (now - (this.#described.get(stats) ?? -DESCRIBED_EVERY) < DESCRIBED_EVERY) this.#reporter.repeat(name, error);
    else {
      this.#described.set(stats, now);
      this.#reporter.report(error, "call", name, 1);
    }
    this.#onError?.();
  }

  /** Background work threw an error that nobody caught; {@link describe} says later which. */
  countUncaught(): void {
    this.#uncaught++;
    this.#onError?.();
  }

  describe(error: unknown, source: ErrorSource, count: number): void {
    this.#reporter.report(error, source, undefined, count);
  }
}
