/** Lets the event loop do its other work before what is long goes on: servers answer, timers fire. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
