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

/** Where the code of a generation runs, and where its errors go. */
export interface SwitchedOwner {
  /** Runs code in the generation's own context. */
  enter<Result>(fn: () => Result): Result;
  /** Takes an error of the generation's background work. */
  report(error: unknown): void;
}

/** What acts while its generation is part of the current set: it is started at most once, and stopped at most once. */
export interface Switched {
  /** May throw what the host's objects throw. */
  start(): void;
  /** Stops it. Afterwards nothing of the plugin's code is held, even when this throws. */
  stop(): void;
}

/** A plugin's listener at an emitter or event target of the host. */
export class Subscription implements Switched {
  readonly #source: EventSource;
  readonly #event: string;
  #owner: SwitchedOwner | undefined;
  #inner: Listener | undefined;
  /**
   * The listener that the source gets. Once stopped, it refers to nothing of the plugin: a source that copied its list
   * may still call it.
   */
  readonly #outer: Listener;
  #isOn = false;

  /** Throws a `TypeError` unless given a source of events and a listener. */
  constructor(owner: SwitchedOwner, source: EventSource, event: string, listener: Listener) {
    if (!isSource(source)) {
      throw new TypeError(`scope.on() takes an EventEmitter or EventTarget, not ${Bun.inspect(source, { depth: 0 })}`);
    }
    if (typeof listener !== "function") {
      throw new TypeError(`scope.on() takes a function as listener, not ${Bun.inspect(listener, { depth: 0 })}`);
    }
    this.#source = source;
    this.#event = event;
    this.#owner = owner;
    this.#inner = listener;
    const call = (emitter: unknown, params: unknown[]): unknown => this.#call(emitter, params);
    this.#outer = function (this: unknown, ...params) {
      return call(this, params);
    };
  }

  start(): void {
    const source = this.#source;
    this.#isOn = true;
    this.#owner?.enter(() => {
      if (isTarget(source)) source.addEventListener(this.#event, this.#outer);
      else source.on(this.#event, this.#outer);
    });
  }

  stop(): void {
    const source = this.#source;
    const owner = this.#owner;
    this.#owner = undefined;
    this.#inner = undefined;
    if (!this.#isOn) return;
    this.#isOn = false;
    owner?.enter(() => {
      if (isTarget(source)) source.removeEventListener(this.#event, this.#outer);
      else source.off(this.#event, this.#outer);
    });
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

/** The longest time that a timer can wait, in ms: 24.8 days. It would end at once if it were longer. */
const LONGEST = 2 ** 31 - 1;

/** A timer that runs `fn` once, or again and again. */
export class SwitchedTimer implements Switched {
  readonly #kind: "interval" | "timeout";
  readonly #ms: number;
  readonly #owner: SwitchedOwner;
  #fn: (() => unknown) | undefined;
  #timer: Timer | undefined;

  /** Throws a `TypeError` or `RangeError` for parameters that make no sense. */
  constructor(kind: "interval" | "timeout", owner: SwitchedOwner, fn: () => unknown, ms: number) {
    if (typeof fn !== "function") {
      throw new TypeError(`scope.${kind}() takes a function, not ${Bun.inspect(fn, { depth: 0 })}`);
    }
    if (!(ms >= 0 && ms <= LONGEST)) {
      throw new RangeError(`scope.${kind}() takes a time from 0 to ${LONGEST} ms (24 days), not ${Bun.inspect(ms)}`);
    }
    this.#kind = kind;
    this.#ms = ms;
    this.#owner = owner;
    this.#fn = fn;
  }

  start(): void {
    const fn = this.#fn;
    if (fn === undefined) return;
    // In the generation's context, where errors of the function go to onPluginError.
    this.#timer = this.#owner.enter(() =>
      this.#kind === "interval" ? setInterval(() => fn(), this.#ms) : setTimeout(() => fn(), this.#ms),
    );
  }

  stop(): void {
    this.#fn = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function isSource(source: unknown): source is EventSource {
  return has(source, "addEventListener", "removeEventListener") || has(source, "on", "off");
}

function isTarget(source: EventSource): source is Target {
  return has(source, "addEventListener", "removeEventListener");
}

function has(source: unknown, ...methods: readonly string[]): boolean {
  if ((typeof source !== "object" && typeof source !== "function") || source === null) return false;
  return methods.every((name) => typeof Reflect.get(source, name) === "function");
}
