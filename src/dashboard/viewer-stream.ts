import type { Feed, FeedPart } from "./feed.ts";
import type { HostWatch } from "./host/watch.ts";

/** In ms. Bun closes a connection after 10 s without a byte, and only writing shows that a viewer is gone. */
const SIGN_OF_LIFE_EVERY = 4000;

/** In ms: how soon a browser whose connection broke tries again. */
const RECONNECT_AFTER = 1000;

/**
 * The feed as server-sent events: all parts at once, then every part that changes, until the viewer goes away or `signal`
 * aborts. A slow viewer misses versions of a part in between, and never the newest.
 */
export function streamFeed(watch: HostWatch, signal: AbortSignal): ReadableStream<string> {
  const changed = new Set<FeedPart>(Object.keys(watch.feed) as FeedPart[]);
  let stop = (): void => {};
  const write = (controller: ReadableStreamDefaultController<string>): void => {
    if (changed.size === 0 || (controller.desiredSize ?? 0) <= 0) return;
    const events = eventsOf(watch.feed, changed);
    // This must come first: a stream that is being read asks for more within enqueue().
    changed.clear();
    controller.enqueue(events);
  };
  return new ReadableStream<string>({
    start(controller) {
      const unsubscribe = watch.subscribe((part) => {
        changed.add(part);
        // What changes in one go is sent in one go.
        queueMicrotask(() => write(controller));
      });
      const signs = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(": still here\n\n");
      }, SIGN_OF_LIFE_EVERY);
      const end = (): void => {
        stop();
        controller.close();
      };
      stop = () => {
        stop = () => {};
        clearInterval(signs);
        signal.removeEventListener("abort", end);
        unsubscribe();
      };
      signal.addEventListener("abort", end);
      controller.enqueue(`retry: ${RECONNECT_AFTER}\n\n`);
    },
    pull: (controller) => write(controller),
    cancel: () => stop(),
  });
}

function eventsOf(feed: Feed, parts: Iterable<FeedPart>): string {
  // JSON has no line breaks: a line takes it.
  return Array.from(parts, (part) => `event: ${part}\ndata: ${JSON.stringify(feed[part])}\n\n`).join("");
}
