import { HotswapError } from "../errors.ts";

type Undo = () => unknown;

type Listener = (...params: unknown[]) => unknown;

/** Node's `EventEmitter`, and what has its methods: `process`, streams, servers. */
interface Emitter {
  on(event: string, listener: (...params: unknown[]) => void): unknown;
  off(event: string, listener: (...params: unknown[]) => void): unknown;
}

/** The DOM's `EventTarget`: abort signals, message ports, WebSockets. */
interface Target {
  addEventListener(event: string, listener: (event: unknown) => void): void;
  removeEventListener(event: string, listener: (event: unknown) => void): void;
}

/** Anything that hands out events: Node's `EventEmitter`, or an `EventTarget`. */
export type EventSource = Emitter | Target;

/** How a scope reaches the generation that it belongs to. @internal */
export interface ScopeOwner {
  readonly plugin: string;
  /** Runs code in the generation's own context. */
  enter<Result>(fn: () => Result): Result;
  /** Takes an error that a listener threw. */
  report(error: unknown): void;
}

/** What the end of a scope needs of the one who ends it. @internal */
export interface ScopeEnding {
  /** Waits for an undo that is async; rejects when it takes too long. */
  wait(undone: PromiseLike<unknown>): Promise<unknown>;
  /** Takes an error of an undo. */
  report(error: unknown): void;
}

/**
 * What a generation must give back by itself, because it belongs to the host: listeners on host emitters and on
 * `process`, file descriptors, registrations, requests through the host's `http.globalAgent`. Everything is undone in
 * reverse order when the generation is freed, after `onFree`. What Bun closes with the generation (timers, servers,
 * sockets, children, ...) needs no scope.
 */
export class Scope {
  readonly #plugin: string;
  #owner: ScopeOwner | undefined;
  #abort: AbortController | undefined;
  #undos: Undo[] = [];

  /** @internal */
  constructor(owner: ScopeOwner) {
    this.#plugin = owner.plugin;
    this.#owner = owner;
  }

  /** Aborted, with a `HOTSWAP_FREED` as reason, when the generation is freed: before anything else is undone. */
  get signal(): AbortSignal {
    if (this.#owner === undefined) return AbortSignal.abort(this.#freed());
    // Made in the generation's context: that is where its listeners run then, and where their errors go.
    this.#abort ??= this.#owner.enter(() => new AbortController());
    return this.#abort.signal;
  }

  /** Runs `undo` when the generation is freed; it may be async. Throws `HOTSWAP_FREED` when that has happened. */
  defer(undo: () => unknown): void {
    this.#requireOwner("defer");
    if (typeof undo !== "function") throw new TypeError(`scope.defer() takes a function, not ${Bun.inspect(undo)}`);
    this.#undos.push(undo);
  }

  /**
   * Listens to `event` of an emitter or event target until the generation is freed. The listener runs in the generation's
   * context; what it throws is reported as an error of its background work, and stops neither the emitter nor the other
   * listeners. Throws `HOTSWAP_FREED`.
   */
  on<Params extends unknown[]>(source: EventSource, event: string, listener: (...params: Params) => unknown): void {
    const guard = new ListenerGuard(this.#requireOwner("on"), listener as Listener);
    const unsubscribe = subscribe(source, event, guard.listener);
    this.#undos.push(() => {
      guard.end();
      return unsubscribe();
    });
  }

  /** Disposes of `resource` when the generation is freed, and returns it. Throws `HOTSWAP_FREED`. */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    this.#requireOwner("use");
    const dispose: unknown = Reflect.get(resource, Symbol.asyncDispose) ?? Reflect.get(resource, Symbol.dispose);
    if (typeof dispose !== "function") {
      throw new TypeError(`scope.use() takes a disposable, and ${Bun.inspect(resource)} has no [Symbol.dispose]()`);
    }
    this.#undos.push(() => dispose.call(resource) as unknown);
    return resource;
  }

  /**
   * Aborts the signal and undoes everything in reverse order, in the generation's context. Neither an error nor an undo
   * that hangs stops the rest. Nothing of the plugin's code is reachable from here afterwards.
   * @internal
   */
  async end({ wait, report }: ScopeEnding): Promise<void> {
    const owner = this.#owner;
    if (owner === undefined) return;
    this.#owner = undefined;
    const undos = this.#undos.toReversed();
    this.#undos = [];
    this.#abort?.abort(this.#freed());
    this.#abort = undefined;
    for (const undo of undos) {
      try {
        await wait(Promise.resolve(owner.enter(undo)));
      } catch (error) {
        report(error);
      }
    }
  }

  #requireOwner(method: string): ScopeOwner {
    if (this.#owner !== undefined) return this.#owner;
    throw new HotswapError(
      "HOTSWAP_FREED",
      `scope.${method}() was called by code of "${this.#plugin}" after it was freed: nothing would undo it any more`,
      { plugin: this.#plugin },
    );
  }

  #freed(): HotswapError {
    return new HotswapError("HOTSWAP_FREED", `"${this.#plugin}" was freed`, { plugin: this.#plugin });
  }
}

/** Stands between a host's emitter and a plugin's listener. Once ended, it refers to nothing of the plugin. */
class ListenerGuard {
  #owner: ScopeOwner | undefined;
  #inner: Listener | undefined;
  readonly listener: Listener;

  constructor(owner: ScopeOwner, inner: Listener) {
    this.#owner = owner;
    this.#inner = inner;
    const call = (emitter: unknown, params: unknown[]): unknown => this.#call(emitter, params);
    this.listener = function (this: unknown, ...params) {
      return call(this, params);
    };
  }

  end(): void {
    this.#owner = undefined;
    this.#inner = undefined;
  }

  #call(emitter: unknown, params: unknown[]): unknown {
    const owner = this.#owner;
    const inner = this.#inner;
    if (owner === undefined || inner === undefined) return undefined;
    try {
      return owner.enter(() => inner.apply(emitter, params));
    } catch (error) {
      owner.report(error);
      return undefined;
    }
  }
}

/** Adds the listener and answers what takes it away again. */
function subscribe(source: EventSource, event: string, listener: Listener): Undo {
  if ("addEventListener" in source) {
    source.addEventListener(event, listener);
    return () => source.removeEventListener(event, listener);
  }
  source.on(event, listener);
  return () => source.off(event, listener);
}
