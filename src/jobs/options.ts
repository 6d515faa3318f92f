import { containedLogger, defaultLogger, type Logger } from "../logger.ts";
import type { DataStore } from "../vault/store/data-store.ts";
import { milliseconds, valueSize } from "../vault/store/limits.ts";

/** Where a job queue keeps its jobs, and how it tries them again. */
export interface JobQueueOptions {
  /** With a store, jobs survive restarts and run at least once. It must not be that of a data bag. */
  readonly store?: DataStore;
  /**
   * The longest time in ms that a change waits before it is flushed to the store.
   *
   * @default 1000
   */
  readonly flushInterval?: number;
  /**
   * The most bytes that the data of one job may take.
   *
   * @default 64 MB
   */
  readonly maxValueSize?: number;
  /**
   * How often a job is tried before it is kept aside.
   *
   * @default 5
   */
  readonly attempts?: number;
  /**
   * The ms to wait after the n-th failure in a row.
   *
   * @default 1000, doubled each time up to five minutes
   */
  readonly backoff?: (failures: number) => number;
  readonly logger?: Logger;
  /**
   * The clock in ms; `Date.now` unless set. With a store it must go on where it stopped when the program starts
   * again.
   */
  readonly now?: () => number;
}

/** {@link JobQueueOptions} with every default filled in. */
export interface FilledJobQueueOptions {
  readonly store: DataStore | undefined;
  readonly flushInterval: number;
  readonly maxValueSize: number;
  readonly attempts: number;
  readonly backoff: (failures: number) => number;
  readonly logger: Logger;
  readonly now: () => number;
}

/** When a job is to run. */
export interface AddOptions {
  /**
   * The ms until it runs.
   *
   * @default at the next tick
   */
  readonly delay?: number;
  /** Runs again and again, this many ms apart; the first time after `delay`, or after `every` when there is none. */
  readonly every?: number;
  /**
   * The job's id; one of its own unless set. A job that waits under the id is replaced, and without `delay` its time
   * is kept.
   */
  readonly id?: string;
}

/** In ms. */
export const LONGEST_BACKOFF = 300_000;

/** Throws a `RangeError` for a number that makes no sense. */
export function fillJobQueueOptions(options: JobQueueOptions): FilledJobQueueOptions {
  const { attempts = 5 } = options;
  if (!Number.isInteger(attempts) || attempts < 1)
    throw new RangeError(`attempts must be a whole number from 1, not ${attempts}`);
  return {
    store: options.store,
    flushInterval: milliseconds("flushInterval", options.flushInterval ?? 1000),
    maxValueSize: valueSize(options.maxValueSize),
    attempts,
    backoff: options.backoff ?? ((failures) => Math.min(1000 * 2 ** (failures - 1), LONGEST_BACKOFF)),
    logger: containedLogger(options.logger ?? defaultLogger()),
    now: options.now ?? Date.now,
  };
}
