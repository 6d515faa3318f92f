/** How one attempt to reload ended. */
export interface Outcome {
  /** What was asked for came about. */
  readonly ok: boolean;
  /** `alpha: ok, beta: relinked`, or why it failed. */
  readonly text: string;
}

/** Remembers how each attempt ended, for those who want to wait for one. */
export class Reloads {
  readonly #outcomes: Outcome[] = [];
  #next = Promise.withResolvers<void>();

  get count(): number {
    return this.#outcomes.length;
  }

  add(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  /** How the `number`th attempt, counted from 1, ended; waits for it. */
  async outcome(number: number): Promise<Outcome> {
    for (;;) {
      const outcome = this.#outcomes[number - 1];
      if (outcome !== undefined) return outcome;
      await this.#next.promise;
    }
  }
}
