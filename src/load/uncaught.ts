import { describeError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { isThenable } from "../deadline.ts";
import type { UncaughtKind } from "./graph.ts";

/** Where an error that nobody caught happened. */
export interface PluginErrorContext {
  readonly plugin: string;
  /** The generation's number. */
  readonly generation: number;
  readonly kind: UncaughtKind;
  /** How often this error came since it was last handed on; more than 1 when repeated ones were folded. */
  readonly count: number;
}

/** Hears of errors in a plugin's background work: timers, socket handlers, promises that nobody awaits. */
export type OnPluginError = (error: unknown, context: PluginErrorContext) => void;

/** How long repeated errors are counted before they are handed on as one, in ms. */
const FOLD_WINDOW = 1000;

/** How many different errors are told apart within one window; all further ones count as one. */
const MAX_DISTINCT = 20;

/** Descriptions are compared up to this length. */
const MAX_KEY_LENGTH = 200;

interface Folded {
  error: unknown;
  readonly kind: UncaughtKind;
  count: number;
}

/** Counts what goes wrong in a generation. */
export interface ErrorObserver {
  /** At once, for every error. */
  countUncaught(): void;
  /** Folded: for `count` errors that are alike. */
  describe(error: unknown, kind: UncaughtKind, count: number): void;
}

export interface UncaughtOptions {
  readonly plugin: string;
  readonly generation: number;
  readonly logger: Logger;
  readonly onPluginError: OnPluginError | undefined;
  readonly observer: ErrorObserver;
}

/**
 * Contains what goes wrong in one generation's background work (SPEC 5.6): the first error of a kind is logged and handed
 * on at once, its repetitions once per window with their count, so that a storm costs the host next to nothing. Nothing
 * escapes from here, whatever was thrown, and whatever the logger or the host's handler do.
 */
export class UncaughtErrors {
  readonly #plugin: string;
  readonly #generation: number;
  readonly #logger: Logger;
  readonly #onPluginError: OnPluginError | undefined;
  readonly #observer: ErrorObserver;
  #folded = new Map<string, Folded>();
  #timer: Timer | undefined;

  constructor({ plugin, generation, logger, onPluginError, observer }: UncaughtOptions) {
    this.#plugin = plugin;
    this.#generation = generation;
    this.#logger = logger;
    this.#onPluginError = onPluginError;
    this.#observer = observer;
  }

  readonly handle = (error: unknown, kind: UncaughtKind): void => {
    this.#observer.countUncaught();
    const key = this.#keyOf(error, kind);
    const repeated = this.#folded.get(key);
    if (repeated !== undefined) {
      repeated.count++;
      repeated.error = error;
      return;
    }
    // The error itself is not kept: it was handed on.
    this.#folded.set(key, { error: undefined, kind, count: 0 });
    this.#timer ??= setTimeout(() => this.#flush(), FOLD_WINDOW).unref();
    this.#report(error, kind, 1);
  };

  /** Hands on what is still folded. Nothing of the generation is held afterwards. */
  close(): void {
    clearTimeout(this.#timer);
    this.#flush();
  }

  #keyOf(error: unknown, kind: UncaughtKind): string {
    // Other values are not compared by their descriptions, which can be as long as the values are large.
    const text = Error.isError(error) || typeof error === "string" ? describeError(error) : typeof error;
    const key = `${kind} ${text.slice(0, MAX_KEY_LENGTH)}`;
    return this.#folded.size < MAX_DISTINCT || this.#folded.has(key) ? key : "others";
  }

  #flush(): void {
    this.#timer = undefined;
    const folded = this.#folded;
    this.#folded = new Map();
    for (const { error, kind, count } of folded.values()) {
      if (count > 0) this.#report(error, kind, count);
    }
  }

  #report(error: unknown, kind: UncaughtKind, count: number): void {
    const where = `${this.#plugin}#${this.#generation}`;
    const what = kind === "unhandledRejection" ? "a rejection nobody handled" : "an error nobody caught";
    const times = count > 1 ? ` (${count} times)` : "";
    this.#observer.describe(error, kind, count);
    this.#log(`${where}: ${what} in background work${times}: ${describeError(error)}`, error);
    const failed = (failure: unknown): void =>
      this.#log(`onPluginError itself failed: ${describeError(failure)}`, failure);
    try {
      const context: PluginErrorContext = { plugin: this.#plugin, generation: this.#generation, kind, count };
      const handled: unknown = this.#onPluginError?.(error, context);
      if (isThenable(handled)) Promise.resolve(handled).catch(failed);
    } catch (failure) {
      failed(failure);
    }
  }

  #log(message: string, error: unknown): void {
    try {
      this.#logger.error(message, error);
    } catch {
      // A logger may fail because of the thrown value; it has no reason to fail because of the message.
      console.error(message);
    }
  }
}
