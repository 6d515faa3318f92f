/** For how long, at least, a host that asked for its plugins counts as one that calls them, in ms. */
const MEMORY = 1000;

/** What a {@link Rest} measures with; all in ms. */
export interface RestClock {
  now(): number;
  /** The processor time that this process has used. */
  work(): number;
}

const realClock: RestClock = {
  now: () => performance.now(),
  work() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * Keeps reloads that follow each other without a pause from taking the event loop for themselves: after each, the calls
 * that come in meanwhile have it to themselves for a while, at least as long as the reload kept the processor. A turn
 * between two steps is not enough for that: while one artifact is evaluated nothing else happens, and who comes then waits.
 *
 * A reload after a quiet time is never delayed, and neither is one of a host that calls no plugin meanwhile.
 */
export class Rest {
  readonly #least: number;
  readonly #clock: RestClock;
  /** Until when the loop is the calls'. */
  #until = 0;
  /** Until when the host counts as one that calls its plugins. */
  #callsUntil = 0;
  /** Ends the rest that is being taken. */
  #end: (() => void) | undefined;
  /** How many urgent steps are under way. */
  #hurries = 0;

  /** `least` in ms; 0 for no rests at all. */
  constructor(least: number, clock = realClock) {
    this.#least = least;
    this.#clock = clock;
  }

  /**
   * Runs a reload when the rest after the last one is over. `wasCalled` is asked at its end: whether the host asked for
   * its plugins since it was due.
   */
  async before<Result>(reload: () => Promise<Result>, wasCalled: () => boolean): Promise<Result> {
    if (this.#least === 0) return reload();
    await this.#take();
    const before = this.#clock.work();
    try {
      return await reload();
    } finally {
      const now = this.#clock.now();
      this.#until = now + Math.max(this.#least, this.#clock.work() - before);
      if (wasCalled()) this.#callsUntil = Math.max(this.#until, now + MEMORY);
    }
  }

  /** Runs `step`; until it is over no rest is taken, because it waits for what comes before it, and is urgent. */
  async hurry<Result>(step: () => Promise<Result>): Promise<Result> {
    this.#hurries++;
    this.#end?.();
    try {
      return await step();
    } finally {
      this.#hurries--;
    }
  }

  async #take(): Promise<void> {
    const now = this.#clock.now();
    if (this.#hurries > 0 || now >= Math.min(this.#until, this.#callsUntil)) return;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#until - now);
    this.#end = resolve;
    await over;
    clearTimeout(timer);
    this.#end = undefined;
  }
}
