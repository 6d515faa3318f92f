import { hasKeys } from "../terminal/output.ts";
import type { Paint } from "../terminal/paint.ts";

/** Each key that `hotswap dev` understands, with what it does. */
export const keyMeanings = {
  r: "reload, and try again what failed",
  R: "restart the host",
  s: "status",
  b: "roll back",
  o: "open the dashboard",
  c: "clear the screen",
  h: "this help",
  q: "quit",
} as const;

/** What a terminal's keys do, by key. */
export type KeyActions = Readonly<Record<keyof typeof keyMeanings, () => void>>;

const CTRL_C = "\u0003";

/** Reads single keys from the terminal until it is disposed of. Reads nothing where there is no terminal. */
export class Keys implements Disposable {
  readonly #actions: KeyActions;
  readonly #onInterrupt: () => void;
  readonly #onHangUp: () => void;
  #isGone = false;
  readonly #end = (): void => {
    this.#isGone = true;
    this.#onHangUp();
  };
  readonly #listener = (data: Buffer): void => this.#pressed(data.toString());

  /**
   * `onInterrupt` is called for Ctrl-C, which is no signal while keys are read, and `onHangUp` when the terminal is gone, of which
   * only some processes are told by a signal.
   */
  constructor(actions: KeyActions, onInterrupt: () => void, onHangUp: () => void) {
    this.#actions = actions;
    this.#onInterrupt = onInterrupt;
    this.#onHangUp = onHangUp;
  }

  /** Begins to read. */
  listen(): void {
    if (!hasKeys()) return;
    process.stdin.setRawMode(true);
    process.stdin.on("data", this.#listener);
    process.stdin.on("end", this.#end);
    process.stdin.resume();
  }

  [Symbol.dispose](): void {
    if (!hasKeys()) return;
    process.stdin.off("data", this.#listener);
    process.stdin.off("end", this.#end);
    // A terminal that is gone has no mode.
    if (!this.#isGone) process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  #pressed(keys: string): void {
    for (const key of keys) {
      if (key === CTRL_C) this.#onInterrupt();
      else this.#actionOf(key)?.();
    }
  }

  /** A capital letter means the small one, unless it means something of its own. */
  #actionOf(key: string): (() => void) | undefined {
    const actions: Readonly<Record<string, () => void>> = this.#actions;
    if (key === "?") return actions["h"];
    return actions[key] ?? actions[key.toLowerCase()];
  }
}

/** The text that follows the message that the host is ready; empty where keys are not read. */
export function keyHint(paint: Paint): string {
  return hasKeys() ? `; ${paint.bold("h")} lists the keys, ${paint.bold("q")} quits` : "";
}

/** The keys, one a line. */
export function keyHelp(paint: Paint): string {
  const lines = Object.entries(keyMeanings).map(([key, meaning]) => `  ${paint.bold(key)}  ${meaning}`);
  return ["keys:", ...lines].join("\n");
}
