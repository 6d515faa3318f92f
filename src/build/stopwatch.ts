/** The steps of a build, in their order. */
export type BuildStep = "inspect" | "bundle" | "link" | "encode" | "write";

/** Milliseconds by step, with the sum. */
export type StepTimings = Readonly<Record<BuildStep | "total", number>>;

/** Measures the steps of one build. */
export class Stopwatch {
  readonly #start = performance.now();
  readonly #steps: Record<BuildStep, number> = { inspect: 0, bundle: 0, link: 0, encode: 0, write: 0 };
  #last = this.#start;

  /** Ends `step`, which began when the one before it ended. */
  lap(step: BuildStep): void {
    const now = performance.now();
    this.#steps[step] += now - this.#last;
    this.#last = now;
  }

  timings(): StepTimings {
    return { ...this.#steps, total: this.#last - this.#start };
  }
}
