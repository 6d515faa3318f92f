/** Runs steps one after the other, in the order in which they were asked for (SPEC 3.8). */
export class Queue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `step` when all steps before it are over, however they ended. */
  add<Result>(step: () => Result | Promise<Result>): Promise<Result> {
    const result = this.#last.then(step);
    this.#last = result.catch(() => {});
    return result;
  }
}
