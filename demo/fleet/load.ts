/** How many requests are under way at a time. */
const CONNECTIONS = 8;

/** An answer of a worker. */
export interface Served {
  readonly worker: string;
  readonly release: number;
}

/** Clients that ask without a pause, each time over a new connection, so that every worker gets some. */
export class Load implements AsyncDisposable {
  readonly #url: string;
  readonly #clients: Promise<void>[];
  readonly #served: Served[] = [];
  #failed = 0;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
    this.#clients = Array.from({ length: CONNECTIONS }, () => this.#ask());
  }

  get failed(): number {
    return this.#failed;
  }

  get served(): number {
    return this.#served.length;
  }

  /** What was served since the last time, as `release 1: 412 by worker-1, 398 by worker-2`. */
  take(): string {
    const byRelease = Map.groupBy(this.#served.slice(this.#taken), ({ release }) => release);
    this.#taken = this.#served.length;
    const lines = Array.from(byRelease, ([release, answers]) => {
      const byWorker = Map.groupBy(answers, ({ worker }) => worker);
      const counts = Array.from(byWorker, ([worker, list]) => `${list.length} by ${worker}`).toSorted();
      return `  release ${release}: ${counts.join(", ")}`;
    });
    return lines.toSorted().join("\n");
  }

  #taken = 0;

  /** Waits until so many more requests were served. */
  async more(count: number): Promise<void> {
    const until = this.#served.length + count;
    while (this.#served.length < until && !this.#isOver) await Bun.sleep(5);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      try {
        const response = await fetch(this.#url, { keepalive: false, headers: { connection: "close" } });
        if (response.ok) this.#served.push((await response.json()) as Served);
        else this.#failed++;
      } catch {
        this.#failed++;
      }
    }
  }
}
