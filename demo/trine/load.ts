import type { DemoServer } from "../kit/server.ts";

/** Requests that are under way at once. */
const CONCURRENCY = 8;

/** The load ends by itself after so many requests. */
const MOST = 100_000;

/** Asks the server again and again until it is ended, and counts what becomes of the requests. */
export class Load implements AsyncDisposable {
  served = 0;
  failed = 0;
  /** Answers in which the plugins were not all of one build. */
  mixed = 0;
  readonly #server: DemoServer;
  readonly #clients: Promise<unknown>;
  #left = MOST;

  constructor(server: DemoServer) {
    this.#server = server;
    this.#clients = Promise.all(Array.from({ length: CONCURRENCY }, () => this.#client()));
  }

  /** Resolves when `count` more requests were answered. */
  async more(count: number): Promise<void> {
    const end = this.served + this.failed + count;
    while (this.served + this.failed < end && this.#left > 0) await Bun.sleep(1);
  }

  /** Resolves when the requests that are still under way are answered. */
  async end(): Promise<void> {
    this.#left = 0;
    await this.#clients;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #client(): Promise<void> {
    while (this.#left-- > 0) {
      try {
        const lines = await this.#server.lines();
        this.served++;
        if (new Set(lines.map(buildOf)).size > 1) this.mixed++;
      } catch (error) {
        this.failed++;
        console.error(`a request failed: ${error}`);
      }
    }
  }
}

function buildOf(line: string): string | undefined {
  return /build (\S+)/.exec(line)?.[1];
}
