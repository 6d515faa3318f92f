import type { GenerationInfo } from "../generation/generation-record.ts";
import type { ReloadNews } from "../reload/reload-log.ts";
import { eventOf } from "./answers.ts";
import { EventStream, type Framing } from "./event-stream.ts";
import { type ControlEvent, PROTOCOL } from "./protocol.ts";
import type { VisibleSwapper } from "../reload/host-target.ts";

/** Least time between two reports on one step, in ms. */
const PROGRESS_INTERVAL = 50;

/** How often generations are looked at while somebody listens, in ms. */
const GENERATIONS_INTERVAL = 250;

/** Everything that happens in the host, for as long as somebody reads it. */
export class Feed {
  readonly #swapper: VisibleSwapper;
  readonly #streams = new Set<EventStream<ControlEvent>>();
  #generations = "";
  #timer: Timer | undefined;

  constructor(swapper: VisibleSwapper) {
    this.#swapper = swapper;
  }

  /** A body that begins with a `hello` and goes on until its reader goes away or {@link close}. */
  open(framing: Framing): ReadableStream<Uint8Array> {
    const unsubscribe = follow(this.#swapper, (event) => stream.send(event));
    const stream = new EventStream<ControlEvent>(framing, () => {
      unsubscribe();
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#stopLooking();
    });
    this.#streams.add(stream);
    stream.send({ type: "hello", protocol: PROTOCOL, pid: process.pid });
    this.#timer ??= this.#look();
    return stream.body;
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  #look(): Timer {
    this.#generations = fingerprint(this.#swapper.generations);
    return setInterval(() => {
      const now = fingerprint(this.#swapper.generations);
      if (now === this.#generations) return;
      this.#generations = now;
      for (const stream of this.#streams) stream.send({ type: "generations" });
    }, GENERATIONS_INTERVAL).unref();
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** What happens in a host, but for what only the socket itself knows. */
type HostEvent = ReturnType<typeof eventOf>;

/** Reports what happens, without progress that comes too fast to read. Returns a function that ends this. */
export function follow(swapper: VisibleSwapper, report: (event: HostEvent) => void): () => void {
  let phase = "";
  let reportedAt = 0;
  return swapper.subscribe((news: ReloadNews) => {
    if (news.type === "progress") {
      const now = performance.now();
      const step = `${news.id} ${news.phase}`;
      // The first report on a step is followed by one that says of how many plugins: both are needed.
      if (step === phase && news.done > 0 && now - reportedAt < PROGRESS_INTERVAL) return;
      phase = step;
      reportedAt = now;
    }
    report(eventOf(news));
  });
}

/** Changes when a generation comes, goes, or changes; not with its age. */
function fingerprint(generations: readonly GenerationInfo[]): string {
  return generations
    .map(({ plugin, number, state, calls, leaked }) => `${plugin}#${number} ${state} ${calls} ${leaked}`)
    .join("\n");
}
