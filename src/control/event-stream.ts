/** How an event is written: as a line of JSON, or as an event of a `text/event-stream`. */
export type Framing = "lines" | "server-sent";

/** So many events may wait for a slow reader; then it is given up. */
const LONGEST_QUEUE = 10_000;

/** The body of a response. It is written to as long as somebody reads it. */
export class EventStream<Event> {
  readonly body: ReadableStream<Uint8Array>;
  readonly #framing: Framing;
  readonly #onClose: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `onClose` is called once, when either side ends the stream. */
  constructor(framing: Framing, onClose: () => void) {
    this.#framing = framing;
    this.#onClose = onClose;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => this.#end(),
    });
  }

  /** Does nothing once the stream is closed. */
  send(event: Event): void {
    if (this.#controller === undefined) return;
    const json = JSON.stringify(event);
    this.#controller.enqueue(Buffer.from(this.#framing === "lines" ? `${json}\n` : `data: ${json}\n\n`));
    if ((this.#controller.desiredSize ?? 0) < -LONGEST_QUEUE) this.close();
  }

  close(): void {
    this.#controller?.close();
    this.#end();
  }

  #end(): void {
    if (this.#controller === undefined) return;
    this.#controller = undefined;
    this.#onClose();
  }
}
