import type { ReloadEvent } from "../../src/control/protocol.ts";
import { isTerminal } from "../terminal/output.ts";

/** A line on a terminal's stderr that says how far a reload is. Shows nothing when nobody is looking. */
export class ProgressLine implements Disposable {
  readonly #enabled = isTerminal("stderr");
  #shown = false;

  /** To be told of each event of the reload. */
  readonly show = (event: ReloadEvent): void => {
    if (!this.#enabled || event.type !== "progress") return;
    const { phase, done, total } = event;
    process.stderr.write(`\r\u001B[K${phase}${total === 0 ? "" : ` ${bar(done, total)} ${done} of ${total}`}`);
    this.#shown = true;
  };

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#shown) process.stderr.write("\r\u001B[K");
    this.#shown = false;
  }
}

/** Width of the bar in characters. */
const WIDTH = 24;

function bar(done: number, total: number): string {
  const full = Math.floor((done / total) * WIDTH);
  return "━".repeat(full) + "╌".repeat(WIDTH - full);
}
