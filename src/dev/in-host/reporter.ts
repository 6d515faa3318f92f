import type { DevReport } from "../report.ts";

/** How long reports may take until they are given up, in ms. */
const PATIENCE = 10_000;

/** In ms: a report of a swap waits so long, so that requests for the new code come first. */
const COURTESY = 10;

/** In ms: the first report waits so long at the most, and so long at least. */
const GREETING = { most: 300, least: 30 } as const;

/** What is reported, or how it is found out; `undefined` when there is nothing to report. */
type Finding = DevReport | (() => DevReport | undefined | Promise<DevReport | undefined>);

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
  #greeting: Finding | undefined;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** Sends a report before any other, and soon: the first load, and who waits for it, come first. */
  greet(greeting: Finding): void {
    this.#greeting = greeting;
    setTimeout(() => this.#greet(), GREETING.most).unref();
  }

  /** What has to be found out for a report is found out when it is its turn. */
  send(report: Finding): void {
    this.#greet();
    this.#send(report, COURTESY);
  }

  #greet(): void {
    const greeting = this.#greeting;
    this.#greeting = undefined;
    if (greeting !== undefined) this.#send(greeting, GREETING.least);
  }

  #send(report: Finding, courtesy: number): void {
    const known = typeof report === "function" ? report : JSON.stringify(report);
    const isFirst = this.#under++ === 0;
    this.#last = this.#last.then(async (before) => {
      if (isFirst) await Bun.sleep(courtesy);
      const body = typeof known === "string" ? known : JSON.stringify(await known());
      const taken = body === undefined ? before : await this.#post(body);
      this.#under--;
      return taken;
    });
  }

  /** Resolves when everything so far was sent, to whether it was taken. */
  sent(): Promise<boolean> {
    return this.#last;
  }

  #post(body: string): Promise<boolean> {
    return this.#fetch("http://hotswap/", {
      method: "POST",
      body,
      unix: this.#socket,
      signal: AbortSignal.timeout(PATIENCE),
    }).then(
      () => true,
      () => false,
    );
  }
}
