import type { Pin } from "./calls.ts";
import type { PluginManager } from "./manager.ts";

/** Keeps a set alive: `using lease = swapper.acquire()`. */
export class Lease<Extension = undefined> implements Disposable {
  readonly manager: PluginManager<Extension>;
  readonly #pin: Pin;

  /** @internal */
  constructor(manager: PluginManager<Extension>, pin: Pin) {
    this.manager = manager;
    this.#pin = pin;
  }

  /** Ends the lease; a second time does nothing. */
  release(): void {
    this.#pin.end();
  }

  /** The same as {@link Lease.release}. */
  [Symbol.dispose](): void {
    this.release();
  }
}
