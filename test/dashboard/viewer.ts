import type { Feed, FeedPart } from "../../src/dashboard/feed.ts";

/** Reads a dashboard's feed as its page does. */
export class Viewer implements AsyncDisposable {
  /** How often each part came. */
  readonly received: Partial<Record<FeedPart, number>> = {};
  readonly response: Response;
  /** Resolves when the server ends the feed. */
  readonly ended: Promise<void>;
  readonly #abort: AbortController;
  readonly #waiting = new Set<() => void>();
  #feed: Partial<Feed> = {};

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.ended = this.#read().catch(() => {});
  }

  static async open(url: string): Promise<Viewer> {
    const abort = new AbortController();
    const token = new URL(url).searchParams.get("token");
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(new URL("feed", url), { signal: abort.signal, headers });
    if (!response.ok) throw new Error(`the feed was refused: ${response.status} ${await response.text()}`);
    return new Viewer(response, abort);
  }

  /** What is known as soon as `holds` does. */
  async until(holds: (feed: Feed) => unknown): Promise<Feed> {
    for (;;) {
      const feed = this.#feed as Feed;
      if (feed.host !== undefined && feed.running !== undefined && Boolean(holds(feed))) return feed;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.add(resolve);
      await Promise.race([
        promise,
        this.ended.then(() => {
          throw new Error(`the feed ended at ${JSON.stringify(this.#feed)}`);
        }),
      ]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }

  async #read(): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.response.body ?? []) {
      const events = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) this.#take(event);
      for (const resume of this.#waiting) resume();
      this.#waiting.clear();
    }
  }

  #take(event: string): void {
    const [, part, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
    if (part === undefined || data === undefined) return;
    this.received[part as FeedPart] = (this.received[part as FeedPart] ?? 0) + 1;
    this.#feed = { ...this.#feed, [part]: JSON.parse(data) as unknown };
  }
}
