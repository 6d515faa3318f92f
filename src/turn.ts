/** How long steps may follow each other before other work gets its turn, in ms. A turn that nobody needs costs 0.001. */
const STRETCH = 0.1;

/** When the last turn was over that was waited for here. All swappers share the one event loop. */
let lastTurn = 0;

/** Lets the event loop do its other work before long work goes on: servers answer, timers fire. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      lastTurn = performance.now();
      resolve();
    });
  });
}

/**
 * Spreads work that consists of many small steps over turns of the event loop: to be awaited between them, it lets the loop
 * have its turn when the last one is a while ago.
 */
export function turnWhenDue(): Promise<void> | undefined {
  return performance.now() - lastTurn < STRETCH ? undefined : nextTurn();
}
