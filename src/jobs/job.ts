import { HotswapError } from "../errors.ts";
import { LiveData } from "../vault/data/live-data.ts";
import type { StoreRecord } from "../vault/store/data-store.ts";

/** What the live function or type that runs a job gets to know about it. */
export interface JobInfo {
  readonly id: string;
  /** Name of the live function or live type that runs it. */
  readonly type: string;
  /** 1 at the first run, and one more after each failure. */
  readonly attempt: number;
}

/** A job in the queue. Immutable: every change makes another. */
export interface Job {
  readonly id: string;
  /** Name of the live function or live type that runs it. */
  readonly type: string;
  readonly data: LiveData;
  /** When it is to run, in ms of the queue's clock. */
  readonly due: number;
  /** Among jobs that are due at one moment the lower goes first. */
  readonly order: number;
  /** The time in ms between two runs, for a job that repeats. */
  readonly every: number | undefined;
  /** How often it failed in a row. */
  readonly failures: number;
  /** What the last failure said. */
  readonly error: string | undefined;
}

/** A job that failed as often as it may, and is kept aside. */
export interface DeadJob {
  readonly id: string;
  readonly type: string;
  readonly data: LiveData;
  /** How often it was tried. */
  readonly attempts: number;
  /** What the last failure said. */
  readonly error: string;
}

/** The text of a job for the store. */
export function jobText({ job, isDead }: { readonly job: Job; readonly isDead: boolean }): string {
  return JSON.stringify({ ...job, id: undefined, dead: isDead || undefined });
}

/** The job of a record. Throws `HOTSWAP_STORE_FAILED` when it does not hold one. */
export function readJob({ key, text }: StoreRecord): { readonly job: Job; readonly isDead: boolean } {
  try {
    const read = JSON.parse(text) as Record<string, unknown>;
    const { type, due, order, every, failures, error } = read;
    if (typeof type !== "string") throw new TypeError("the type is missing");
    if (typeof due !== "number" || typeof order !== "number" || typeof failures !== "number")
      throw new TypeError("a number is missing");
    if (every !== undefined && typeof every !== "number") throw new TypeError("every is not a number");
    const job = { id: key, type, data: LiveData.from(read["data"]), due, order, every, failures };
    return { job: { ...job, error: typeof error === "string" ? error : undefined }, isDead: read["dead"] === true };
  } catch (error) {
    const message = `the stored record ${JSON.stringify(key)} is not a job; a job queue needs a store of its own`;
    throw new HotswapError("HOTSWAP_STORE_FAILED", message, { cause: error });
  }
}
