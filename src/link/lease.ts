import type { PluginManager } from "./manager.ts";

/** Keeps a set alive: `using lease = swapper.acquire()`. */
export class Lease<Extension = undefined> implements Disposable {
  readonly manager: PluginManager<Extension>;
  readonly #unpin: () => void;

  /** @internal */
  constructor(manager: PluginManager<Extension>) {
    this.manager = manager;
    this.#unpin = manager.calls.pin();
  }

  /** Ends the lease; a second time does nothing. */
  release(): void {
    this.#unpin();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
