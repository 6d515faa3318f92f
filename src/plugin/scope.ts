import { HotswapError } from "../errors.ts";
import { type EntryOwner, entriesOf, type Registry } from "./registry.ts";
import { type EventSource, Subscription, type Switched, type SwitchedOwner, SwitchedTimer } from "./switched.ts";

/** A value of a plugin in the form in which others get it, until it is taken back. @internal */
export interface HandedOut {
  readonly value: unknown;
  /** From now on using it throws a `HOTSWAP_FREED` with the reason `why`. */
  takeBack(why: string): void;
}

/** How a scope reaches the generation that it belongs to. @internal */
export interface ScopeOwner extends SwitchedOwner {
  readonly standing: EntryOwner;
  /** Makes the form in which others get a value; `name` is for messages. */
  handOut(value: unknown, name: string): HandedOut;
}

/** What the end of a scope needs of the one who ends it. @internal */
export interface ScopeEnding {
  /** Waits for an undo that is async; rejects when it takes too long. */
  wait(undone: PromiseLike<unknown>): Promise<unknown>;
  /** Takes an error of an undo. */
  report(error: unknown): void;
}

/** Ends what it was returned for, earlier than the scope would. A second call does nothing. */
export type Undo = () => void;

/**
 * What a generation does in and for the host. Two things end it:
 *
 * - The swap that takes the generation out of the current set. `on`, `interval`, `timeout` and `register` act from the
 *   swap that brings the generation to that one, so that at each moment one version answers an event. They do nothing
 *   for a reload that fails, and go on undisturbed for a generation that stays.
 * - Freeing, when calls and leases are over and `freeDelay` has passed. It undoes `defer` and `use` in reverse order,
 *   after `onFree`.
 *
 * What Bun closes with the generation (servers, sockets, children, plain timers, ...) needs no scope.
 */
export class Scope {
  readonly #plugin: string;
  readonly #standing: EntryOwner;
  #owner: ScopeOwner | undefined;
  #freed: AbortController | undefined;
  #retired: AbortController | undefined;
  /** In the order in which they were made, as are the undos. */
  readonly #switched = new Set<Switched>();
  readonly #undos = new Set<() => unknown>();

  /** @internal */
  constructor(owner: ScopeOwner) {
    this.#plugin = owner.standing.plugin;
    this.#standing = owner.standing;
    this.#owner = owner;
  }

  /** Aborted, with a `HOTSWAP_FREED` as reason, when the generation is freed: before anything else is undone. */
  get signal(): AbortSignal {
    if (this.#owner === undefined) return AbortSignal.abort(this.#freedError());
    // Made in the generation's context: that is where its listeners run then, and where their errors go.
    this.#freed ??= this.#owner.enter(() => new AbortController());
    return this.#freed.signal;
  }

  /**
   * Aborted, with a `HOTSWAP_FREED` as reason, in the step of the swap that takes the generation out of the current
   * set, or when the reload that would have brought it in fails. Calls of the generation go on to their end. Use it
   * to stop what the newer version does from now on.
   */
  get retired(): AbortSignal {
    if (this.#owner === undefined || this.#standing.hasLeft) return AbortSignal.abort(this.#retiredError());
    this.#retired ??= this.#owner.enter(() => new AbortController());
    return this.#retired.signal;
  }

  /**
   * Runs `undo` when the generation is freed; it may be async.
   *
   * @throws HotswapError `HOTSWAP_FREED` when that has happened.
   */
  defer(undo: () => unknown): void {
    this.#requireOwner("defer");
    if (typeof undo !== "function") throw new TypeError(`scope.defer() takes a function, not ${Bun.inspect(undo)}`);
    // Another one each time: the same function may be deferred twice.
    this.#undos.add(() => undo());
  }

  /**
   * Listens to `event` of an emitter or event target while the generation is part of the current set. The listener runs
   * in the generation's context; what it throws is reported as an error of its background work, and stops neither the
   * emitter nor the other listeners.
   *
   * @throws HotswapError `HOTSWAP_FREED` when the generation has left the current set.
   * @example
   *     scope.on(bus, "message", (text: string) => log(text));
   *     const off = scope.on(process, "SIGUSR2", () => { off(); dump(); }); // once
   */
  on<Params extends unknown[]>(source: EventSource, event: string, listener: (...params: Params) => unknown): Undo {
    const owner = this.#requireStaying("on");
    return this.#switch(new Subscription(owner, source, event, listener as (...params: unknown[]) => unknown));
  }

  /**
   * Calls `fn` every `ms` milliseconds while the generation is part of the current set, the first time `ms` after the
   * swap.
   *
   * @throws HotswapError `HOTSWAP_FREED` when the generation has left the current set.
   */
  interval(fn: () => unknown, ms: number): Undo {
    return this.#switch(new SwitchedTimer("interval", this.#requireStaying("interval"), fn, ms));
  }

  /**
   * Calls `fn` once, `ms` milliseconds after the swap that brings the generation, or after this call when that is over;
   * it is not called when the generation has left the current set by then.
   *
   * @throws HotswapError `HOTSWAP_FREED` when the generation has left it already.
   */
  timeout(fn: () => unknown, ms: number): Undo {
    const timer = new SwitchedTimer(
      "timeout",
      this.#requireStaying("timeout"),
      () => {
        this.#switched.delete(timer);
        return fn();
      },
      ms,
    );
    return this.#switch(timer);
  }

  /**
   * Adds an entry to a registry of the host, which is there while the generation is part of the current set; calls and
   * leases of older sets go on seeing theirs. Returns a function that takes it out again.
   *
   * @throws HotswapError `HOTSWAP_DUPLICATE_ENTRY` when another plugin of the set, or this one, has the key, and
   * `HOTSWAP_FREED` when the generation has left the current set.
   * @example
   *     scope.register(commands, "kick", (words) => `${words} is out`);
   */
  register<Value>(registry: Registry<Value>, key: string, value: NoInfer<Value>): Undo {
    const owner = this.#requireStaying("register");
    const entries = entriesOf(registry);
    if (typeof key !== "string") throw new TypeError(`scope.register() takes a string as key, not ${Bun.inspect(key)}`);
    entries.requireFree(key, owner.standing);
    const name = `${registry.name}.${key}`;
    const handedOut = owner.handOut(value, name);
    const remove = entries.add(key, handedOut.value as Value, owner.standing);
    const undo = (): void => {
      if (!this.#undos.delete(undo)) return;
      remove();
      handedOut.takeBack(`was called after "${this.#plugin}" took it out of the registry`);
    };
    this.#undos.add(undo);
    return undo;
  }

  /**
   * Disposes of `resource` when the generation is freed, and returns it.
   *
   * @throws HotswapError `HOTSWAP_FREED`.
   */
  use<Resource extends Disposable | AsyncDisposable>(resource: Resource): Resource {
    this.#requireOwner("use");
    const dispose: unknown = Reflect.get(resource, Symbol.asyncDispose) ?? Reflect.get(resource, Symbol.dispose);
    if (typeof dispose !== "function") {
      throw new TypeError(`scope.use() takes a disposable, and ${Bun.inspect(resource)} has no [Symbol.dispose]()`);
    }
    this.#undos.add(() => dispose.call(resource) as unknown);
    return resource;
  }

  /** Starts what acts in the current set, of which the generation is part now. Never throws. @internal */
  enter(): void {
    // A copy: what is added from here on starts by itself.
    for (const switched of Array.from(this.#switched)) this.#attempt(() => switched.start());
  }

  /** Stops it for good, because the generation has left. Never throws; the second time does nothing. @internal */
  leave(): void {
    const all = Array.from(this.#switched).toReversed();
    this.#switched.clear();
    for (const switched of all) this.#attempt(() => switched.stop());
    const retired = this.#retired;
    this.#retired = undefined;
    this.#attempt(() => retired?.abort(this.#retiredError()));
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
    this.#freed?.abort(this.#freedError());
    this.#freed = undefined;
    for (const undo of Array.from(this.#undos).toReversed()) {
      try {
        await wait(Promise.resolve(owner.enter(undo)));
      } catch (error) {
        report(error);
      }
    }
    this.#undos.clear();
  }

  /** Starts it now, or has the swap start it. Throws what it throws when it starts now. */
  #switch(switched: Switched): Undo {
    const undo = (): void => {
      if (this.#switched.delete(switched)) switched.stop();
    };
    this.#switched.add(switched);
    if (!this.#standing.isCurrent) return undo;
    try {
      switched.start();
    } catch (error) {
      this.#attempt(undo);
      throw error;
    }
    return undo;
  }

  #attempt(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#owner?.report(error);
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

  #requireStaying(method: string): ScopeOwner {
    const owner = this.#requireOwner(method);
    if (!this.#standing.hasLeft) return owner;
    throw new HotswapError(
      "HOTSWAP_FREED",
      `scope.${method}() was called by code of "${this.#plugin}" that has left the current set: it would never act. What a call needs until it ends belongs to the call: use the emitter or a timer itself`,
      { plugin: this.#plugin },
    );
  }

  #freedError(): HotswapError {
    return new HotswapError("HOTSWAP_FREED", `"${this.#plugin}" was freed`, { plugin: this.#plugin });
  }

  #retiredError(): HotswapError {
    return new HotswapError("HOTSWAP_FREED", `"${this.#plugin}" left the current set`, { plugin: this.#plugin });
  }
}
