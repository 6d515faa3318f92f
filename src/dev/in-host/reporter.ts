import type { DevReport } from "../report.ts";

/** How long reports may take until they are given up, in ms. */
const PATIENCE = 10_000;

/** In ms: a report of a swap waits so long, so that requests for the new code come first. */
const COURTESY = 10;

/** In ms: the first report waits so long at the most, so that the first load comes first. */
const GREETING = 300;

/** Sends reports to `hotswap dev`, one after the other. When nobody takes them any more, they are dropped: the host is about to end. */
export class Reporter {
  readonly #socket: string;
  /** Of our own: a program may replace the global one. */
  readonly #fetch = fetch;
  /** How many reports are under way. */
  #under = 0;
  /** Whether the last report was taken. */
  #last: Promise<boolean> = Promise.resolve(true);

  /** What goes before everything else. */
  #greeting: DevReport | undefined;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Sends the report before any other, and soon. */
  greet(report: DevReport): void {
    this.#greeting = report;
    setTimeout(() => this.#greet(), GREETING).unref();
  }

  send(report: DevReport): void {
    this.#greet();
    this.#send(report);
  }

  #greet(): void {
    const greeting = this.#greeting;
    this.#greeting = undefined;
    if (greeting !== undefined) this.#send(greeting);
  }

  #send(report: DevReport): void {
    const body = JSON.stringify(report);
    const isFirst = this.#under++ === 0;
    this.#last = this.#last.then(async () => {
      if (isFirst) await Bun.sleep(COURTESY);
      const taken = await this.#fetch("http://hotswap/", {
        method: "POST",
        body,
        unix: this.#socket,
        signal: AbortSignal.timeout(PATIENCE),
      }).then(
        () => true,
        () => false,
      );
      this.#under--;
      return taken;
    });
  }

  /** Resolves when everything so far was sent, to whether it was taken. */
  sent(): Promise<boolean> {
    return this.#last;
  }
}
