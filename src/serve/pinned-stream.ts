import type { Plugin } from "../link/plugin.ts";
import type { Context } from "../load/graph.ts";

type Controller = ReadableStreamDefaultController<Uint8Array>;

interface Reader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(reason: unknown): Promise<void>;
}

/** The stream of a plugin while it is read. Dropped as a whole, so that nothing leads to the plugin's code afterwards. */
interface Open {
  readonly context: Context;
  readonly reader: Reader;
  readonly end: () => void;
}

/**
 * Hands on a stream that was made by a plugin: its code runs in the plugin's context, and it counts as a call of the
 * plugin's set until it has ended, in whichever way: closed, failed, or cancelled because the client went away. When the set is
 * retired before, it ends with `HOTSWAP_FREED`.
 */
export class PinnedStream implements Bun.UnderlyingSource<Uint8Array> {
  readonly #report: (error: unknown) => void;
  #open: Open | undefined;
  #controller: Controller | undefined;

  /** The set of `plugin` is not retired yet. `report` gets what the stream fails with. Throws when it is locked. */
  constructor(source: ReadableStream<Uint8Array>, plugin: Plugin, name: string, report: (error: unknown) => void) {
    this.#report = report;
    const { context } = plugin.source;
    const reader: Reader = context.run(() => source.getReader());
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open = { context, reader, end: resolve };
    plugin.run(() => promise, name).catch((error: unknown) => this.#cut(error));
  }

  start(controller: Controller): void {
    this.#controller = controller;
  }

  async pull(controller: Controller): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    try {
      const { done, value } = await open.context.run(() => open.reader.read());
      if (this.#open === undefined) return;
      if (!done) {
        controller.enqueue(value);
        return;
      }
      this.#end();
      controller.close();
    } catch (error) {
      if (this.#open === undefined) return;
      this.#end();
      this.#report(error);
      controller.error(error);
    }
  }

  async cancel(reason: unknown): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    try {
      await open.context.run(() => open.reader.cancel(reason));
    } catch (error) {
      this.#report(error);
    } finally {
      this.#end();
    }
  }

  /** The set was retired with the stream still open: the plugin's code will not answer any more. */
  #cut(error: unknown): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    this.#report(error);
    this.#controller?.error(error);
  }

  #end(): void {
    this.#open?.end();
    this.#open = undefined;
  }
}
