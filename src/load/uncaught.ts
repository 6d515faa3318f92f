import { describeError } from "../errors.ts";
import type { Logger } from "../logger.ts";
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

/** Different errors that are told apart within one window; what comes after them is counted as one. */
const MAX_DISTINCT = 20;

/**
 * Contains what goes wrong in one generation's background work (SPEC 5.6): the first error of a kind is logged and handed
 * on at once, its repetitions once per window with their count, so that a storm costs the host next to nothing.
 */
export class UncaughtErrors {
  readonly #plugin: string;
  readonly #generation: number;
  readonly #logger: Logger;
  readonly #onPluginError: OnPluginError | undefined;
  #folded = new Map<string, { error: unknown; kind: UncaughtKind; count: number }>();
  #timer: Timer | undefined;

  constructor(plugin: string, generation: number, logger: Logger, onPluginError: OnPluginError | undefined) {
    this.#plugin = plugin;
    this.#generation = generation;
    this.#logger = logger;
    this.#onPluginError = onPluginError;
  }

  readonly handle = (error: unknown, kind: UncaughtKind): void => {
    const text = describeError(error);
    const key = this.#folded.size < MAX_DISTINCT || this.#folded.has(text) ? text : "";
    const repeated = this.#folded.get(key);
    if (repeated !== undefined) {
      repeated.count++;
      repeated.error = error;
      return;
    }
    this.#folded.set(key, { error, kind, count: 0 });
    this.#timer ??= setTimeout(() => this.#flush(), FOLD_WINDOW).unref();
    this.#report(error, kind, 1);
  };

  /** Hands on what is still folded. Nothing of the generation is held afterwards. */
  close(): void {
    clearTimeout(this.#timer);
    this.#flush();
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
    this.#logger.error(`${where}: ${what} in background work${times}: ${describeError(error)}`, error);
    try {
      this.#onPluginError?.(error, { plugin: this.#plugin, generation: this.#generation, kind, count });
    } catch (failure) {
      this.#logger.error(`onPluginError itself failed: ${describeError(failure)}`, failure);
    }
  }
}
