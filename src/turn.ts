/** Lets the event loop do its other work before what is long goes on: servers answer, timers fire. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How long small steps may follow each other before other work gets its turn, in ms. */
const SHARE = 0.5;

/** Spreads work that consists of many small steps over turns of the event loop. */
export class Pace {
  #start = performance.now();

  /** To be awaited after each step: lets the event loop have its turn when the steps since the last took their share. */
  async step(): Promise<void> {
    if (performance.now() - this.#start < SHARE) return;
    await nextTurn();
    this.#start = performance.now();
  }
}
