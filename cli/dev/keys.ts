/** What a terminal's keys do, by key. */
export type KeyActions = Readonly<Record<string, () => void>>;

const CTRL_C = "\u0003";

/** Reads single keys from the terminal until it is disposed of. Reads nothing where there is no terminal. */
export class Keys implements Disposable {
  readonly #actions: KeyActions;
  readonly #onInterrupt: () => void;
  readonly #listener = (data: Buffer): void => this.#pressed(data.toString());

  /** `onInterrupt` is called for Ctrl-C, which is no signal while keys are read. */
  constructor(actions: KeyActions, onInterrupt: () => void) {
    this.#actions = actions;
    this.#onInterrupt = onInterrupt;
  }

  /** Begins to read. */
  listen(): void {
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#listener);
    process.stdin.resume();
  }

  [Symbol.dispose](): void {
    if (!process.stdin.isTTY) return;
    process.stdin.off("data", this.#listener);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  #pressed(keys: string): void {
    for (const key of keys) {
      if (key === CTRL_C) this.#onInterrupt();
      else this.#actions[key.toLowerCase()]?.();
    }
  }
}
