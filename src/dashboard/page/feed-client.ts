import type { Feed, FeedPart } from "../feed.ts";

/** What the page knows of the host; parts appear as they arrive. */
export type KnownFeed = Partial<Feed>;

const parts: readonly FeedPart[] = ["settings", "host", "status", "generations", "reloads", "vault", "running"];

/** In ms: when the server refuses the feed, the browser does not try again by itself. */
const RETRY_AFTER = 2000;

/** Keeps up with the dashboard's server, also when it goes away and comes back. */
export class FeedClient {
  /** Whether the server is there. */
  connected = false;
  feed: KnownFeed = {};
  readonly #url: string;
  readonly #onChange: (changed: ReadonlySet<FeedPart>) => void;
  #changed = new Set<FeedPart>();
  #scheduled = false;

  /** `onChange` is called at most once a frame. */
  constructor(url: string, onChange: (changed: ReadonlySet<FeedPart>) => void) {
    this.#url = url;
    this.#onChange = onChange;
    this.#open();
  }

  #open(): void {
    const source = new EventSource(this.#url);
    source.addEventListener("open", () => {
      this.connected = true;
      this.#schedule();
    });
    source.addEventListener("error", () => {
      this.connected = false;
      this.#schedule();
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.#open(), RETRY_AFTER);
    });
    for (const part of parts) {
      source.addEventListener(part, ({ data }) => {
        this.feed = { ...this.feed, [part]: JSON.parse(String(data)) as unknown };
        this.#changed.add(part);
        this.#schedule();
      });
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      const changed = this.#changed;
      this.#changed = new Set();
      this.#onChange(changed);
    });
  }
}
