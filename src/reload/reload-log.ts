import { isThenable } from "../deadline.ts";
import { channel as diagnosticsChannel } from "node:diagnostics_channel";
import { describeError, detachedError, type Phase } from "../errors.ts";
import type { ErrorGroup } from "../generation/error-log.ts";
import type { Logger } from "../logger.ts";
import type { PhaseTimings, ReloadDetails } from "../plan/details.ts";
import type { ProbationState } from "../plan/probation-state.ts";

/** What was asked for. */
export type ReloadKind = "load" | "reload" | "rollback";

/** A step as it is timed: the phases, the time for which a prepared set is held, and the swap. */
export type ReloadPhase = Phase | "hold" | "swap";

/** A load, reload or rollback that is over. */
export type ReloadRecord = {
  /** Counts all attempts of this swapper, from 1. */
  readonly id: number;
  readonly kind: ReloadKind;
  readonly startedAt: Date;
  /** In ms. */
  readonly duration: number;
  /** In ms, by step; of the steps that were begun. */
  readonly timings: PhaseTimings;
} & (
  | { readonly ok: true; readonly reloadCounter: number; readonly details: ReloadDetails }
  | { readonly ok: false; readonly error: Error }
);

/** What a {@link ReloadListener} hears. */
export type ReloadNews =
  | { readonly type: "start"; readonly id: number; readonly kind: ReloadKind; readonly startedAt: Date }
  | {
      readonly type: "progress";
      readonly id: number;
      readonly phase: ReloadPhase;
      /** Plugins that the step is over for. */
      readonly done: number;
      /** Plugins that the step has to deal with; 0 when it deals with the set as a whole. */
      readonly total: number;
    }
  | { readonly type: "end"; readonly record: ReloadRecord }
  | { readonly type: "error"; readonly group: ErrorGroup }
  | { readonly type: "leak"; readonly plugin: string; readonly generation: number }
  | { readonly type: "probation"; readonly probation: ProbationState };

/** Hears what a swapper does; see {@link ReloadNews}. */
export type ReloadListener = (news: ReloadNews) => void;

/** Told by the phases of a reload how far they are. */
export type ReportProgress = (phase: ReloadPhase, done: number, total: number) => void;

/** Node's diagnostics channels: each {@link ReloadRecord}, and each `ErrorGroup` (SPEC 15.3). */
const reloads = diagnosticsChannel("hotswap:reload");
const errors = diagnosticsChannel("hotswap:error");

/** How many attempts are kept. */
const KEPT = 100;

/** Remembers the newest attempts to load or reload, and tells listeners of them as they happen. */
export class ReloadLog {
  readonly #logger: Logger;
  readonly #listeners = new Set<ReloadListener>();
  /** By what the attempt ended with: its details, or its error. */
  readonly #byOutcome = new WeakMap<object, ReloadRecord>();
  #records: ReloadRecord[] = [];
  #count = 0;
  #succeeded = 0;
  #failed = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The newest attempts that are over, oldest first; at most 100. */
  get records(): readonly ReloadRecord[] {
    return this.#records;
  }

  /** How many attempts ended how, since the swapper was made. */
  get counts(): { readonly succeeded: number; readonly failed: number } {
    return { succeeded: this.#succeeded, failed: this.#failed };
  }

  /**
   * Calls `listener` at the beginning, at each step and at the end of every attempt, until the returned function is
   * called.
   */
  subscribe(listener: ReloadListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Resolves to the record of the attempt whose result is `answer`. Rejects as `answer` does when the attempt was
   * refused before it began.
   */
  async recordOf(answer: Promise<ReloadDetails>): Promise<ReloadRecord> {
    const outcome: unknown = await answer.catch((error: unknown) => error);
    const record = isObject(outcome) ? this.#byOutcome.get(outcome) : undefined;
    if (record === undefined) throw outcome;
    return record;
  }

  /**
   * Follows one attempt: `step` tells how far it is, and gets the timings as they grow. Settles as `step` does; an error of a listener is logged and changes
   * nothing. `reloadCounter` is asked for when the attempt succeeded.
   */
  async follow(
    kind: ReloadKind,
    reloadCounter: () => number,
    step: (report: ReportProgress, timings: PhaseTimings) => Promise<ReloadDetails>,
  ): Promise<ReloadDetails> {
    const id = ++this.#count;
    const startedAt = new Date();
    const start = performance.now();
    const timings: Partial<Record<ReloadPhase, number>> = {};
    let phase: ReloadPhase | undefined;
    let phaseStart = start;
    const endPhase = (): void => {
      const now = performance.now();
      if (phase !== undefined) timings[phase] = (timings[phase] ?? 0) + now - phaseStart;
      phaseStart = now;
    };
    const report: ReportProgress = (next, done, total) => {
      if (next !== phase) endPhase();
      phase = next;
      this.tell({ type: "progress", id, phase: next, done, total });
    };
    this.tell({ type: "start", id, kind, startedAt });
    const end = (): Pick<ReloadRecord, "id" | "kind" | "startedAt" | "duration" | "timings"> => {
      endPhase();
      return { id, kind, startedAt, duration: performance.now() - start, timings };
    };
    try {
      const details = await step(report, timings);
      this.#add({ ...end(), ok: true, reloadCounter: reloadCounter(), details }, details);
      return details;
    } catch (error) {
      this.#add({ ...end(), ok: false, error: detachedError(error) }, error);
      throw error;
    }
  }

  #add(record: ReloadRecord, outcome: unknown): void {
    if (record.ok) this.#succeeded++;
    else this.#failed++;
    if (isObject(outcome)) this.#byOutcome.set(outcome, record);
    this.#records = [...this.#records, record].slice(-KEPT);
    this.tell({ type: "end", record });
  }

  /** Tells every listener and diagnostics channel; an error of one is logged and changes nothing. */
  tell(news: ReloadNews): void {
    try {
      if (news.type === "end") reloads.publish(news.record);
      else if (news.type === "error") errors.publish(news.group);
    } catch (error) {
      this.#logger.error(`a subscriber of a diagnostics channel failed: ${describeError(error)}`, error);
    }
    for (const listener of this.#listeners) {
      const failed = (error: unknown): void =>
        this.#logger.error(`a listener of reloads failed: ${describeError(error)}`, error);
      try {
        const heard: unknown = listener(news);
        if (isThenable(heard)) Promise.resolve(heard).catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
