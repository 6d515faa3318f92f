import type { DevReport } from "../report.ts";

/** How long reports may take until they are given up, in ms. */
const PATIENCE = 10_000;

/** Sends reports to `hotswap dev`, one after the other. When nobody takes them any more, they are dropped: the host is about to end. */
export class Reporter {
  readonly #socket: string;
  /** Of our own: a program may replace the global one. */
  readonly #fetch = fetch;
  /** Whether the last report was taken. */
  #last: Promise<boolean> = Promise.resolve(true);

  constructor(socket: string) {
    this.#socket = socket;
  }

  send(report: DevReport): void {
    const body = JSON.stringify(report);
    this.#last = this.#last.then(() =>
      this.#fetch("http://hotswap/", {
        method: "POST",
        body,
        unix: this.#socket,
        signal: AbortSignal.timeout(PATIENCE),
      }).then(
        () => true,
        () => false,
      ),
    );
  }

  /** Resolves when everything so far was sent, to whether it was taken. */
  sent(): Promise<boolean> {
    return this.#last;
  }
}
