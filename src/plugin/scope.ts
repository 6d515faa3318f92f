import { HotswapError } from "../errors.ts";

type Undo = () => unknown;

/** Anything that hands out events: Node's `EventEmitter`, or an `EventTarget`. */
export type EventSource =
  | {
      on(event: string, listener: (...params: unknown[]) => void): unknown;
      off(event: string, listener: (...params: unknown[]) => void): unknown;
    }
  | {
      addEventListener(event: string, listener: (event: unknown) => void): void;
      removeEventListener(event: string, listener: (event: unknown) => void): void;
    };

/**
 * What a generation must give back by itself, because it belongs to the host: listeners on host emitters and on
 * `process`, file descriptors, registrations. Everything is undone in reverse order when the generation is freed, after
 * `onFree`. What Bun closes with the generation (timers, servers, sockets, children, ...) needs no scope.
 */
export class Scope {
  readonly #plugin: string;
  readonly #abort = new AbortController();
  #undos: Undo[] = [];

  constructor(plugin: string) {
    this.#plugin = plugin;
  }

  /** Aborted when the generation is freed. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Runs `undo` when the generation is freed; it may be async. Throws `HOTSWAP_FREED` when that has happened. */
  defer(undo: () => unknown): void {
    this.#requireOpen("defer");
    this.#undos.push(undo);
  }

  /** Listens to `event` of an emitter or event target until the generation is freed. Throws `HOTSWAP_FREED`. */
  on<Params extends unknown[]>(source: EventSource, event: string, listener: (...params: Params) => unknown): void {
    this.#requireOpen("on");
    // The listener's parameters are the emitter's business; its type says nothing about them.
    const anyListener = listener as (...params: unknown[]) => unknown;
    if ("addEventListener" in source) {
      source.addEventListener(event, anyListener);
      this.#undos.push(() => source.removeEventListener(event, anyListener));
    } else {
      source.on(event, anyListener);
      this.#undos.push(() => source.off(event, anyListener));
    }
  }

  /** Disposes of `resource` when the generation is freed, and returns it. Throws `HOTSWAP_FREED`. */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    this.#requireOpen("use");
    this.#undos.push(() =>
      Symbol.asyncDispose in resource ? resource[Symbol.asyncDispose]() : resource[Symbol.dispose](),
    );
    return resource;
  }

  /**
   * Undoes everything in reverse order. An error does not stop the rest; `report` gets it.
   * @internal
   */
  async end(report: (error: unknown) => void): Promise<void> {
    const undos = this.#undos.toReversed();
    this.#undos = [];
    this.#abort.abort(new HotswapError("HOTSWAP_FREED", `"${this.#plugin}" was freed`, { plugin: this.#plugin }));
    for (const undo of undos) {
      try {
        await undo();
      } catch (error) {
        report(error);
      }
    }
  }

  #requireOpen(method: string): void {
    if (!this.#abort.signal.aborted) return;
    throw new HotswapError(
      "HOTSWAP_FREED",
      `scope.${method}() was called by code of "${this.#plugin}" after it was freed: nothing would undo it any more`,
      { plugin: this.#plugin },
    );
  }
}
