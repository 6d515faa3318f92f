import { HotswapError, describeError } from "../errors.ts";
import { runInHost } from "../run-in-host.ts";
import { tooLarge } from "../vault/codec/refusal.ts";
import { LiveData, wrapWithin } from "../vault/data/live-data.ts";
import { Flusher } from "../vault/store/flusher.ts";
import { milliseconds } from "../vault/store/limits.ts";
import type { DataStore, StoreRecord } from "../vault/store/data-store.ts";
import { readAll } from "../vault/store/read-all.ts";
import { jobText, readJob, type DeadJob, type Job } from "./job.ts";
import { JobList, type JobChange } from "./job-list.ts";
import {
  LONGEST_BACKOFF,
  fillJobQueueOptions,
  type AddOptions,
  type FilledJobQueueOptions,
  type JobQueueOptions,
} from "./options.ts";
import { runJob, type JobVault } from "./run-job.ts";

/** Where a queue finds the code that runs its jobs: a swapper. */
export interface JobSource {
  /** Pins the current set. */
  acquire(): Disposable & { readonly manager: { readonly vault: JobVault } };
}

/** What a tick did. */
export interface TickResult {
  /** How many jobs ran. */
  readonly ran: number;
  /** How many of them failed. */
  readonly failed: number;
}

/**
 * Jobs for a server's ticks. A job is the name of a live function or live type, and live data; it runs with the code of
 * the set that is current when it runs, however old the code that added it is. A job that fails is tried again later,
 * and kept aside when it failed too often.
 *
 * With a store, a job that was added and flushed runs at least once, also when the process is killed in between; twice
 * when it is killed between a run and the flush that follows.
 *
 * @example
 *     const queue = new JobQueue(swapper, { store: sqliteStore("jobs.db") });
 *     queue.add("live_greet", { name: "bob" }, { delay: 5000 });
 *     queue.start({ interval: 50, max: 100 });
 */
export class JobQueue {
  readonly #source: JobSource;
  readonly #options: FilledJobQueueOptions;
  readonly #flusher: Flusher<JobChange> | undefined;
  readonly #jobs: JobList;
  readonly #runs = new Set<Promise<boolean>>();
  #loadError: unknown;
  /** What was added before the store was read. */
  #early: (() => void)[] | undefined;
  #loading: Promise<void> | undefined;
  /** What is left of a store that can be read without waiting. */
  #rest: Iterable<StoreRecord> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** What the last tick of the timer failed with, so that the same is not logged at every tick. */
  #tickError: string | undefined;
  #closed = false;

  /** Begins to read the store; see {@link JobQueue.ready}. Throws a `RangeError` for an option that makes no sense. */
  constructor(source: JobSource, options: JobQueueOptions = {}) {
    this.#source = source;
    this.#options = fillJobQueueOptions(options);
    const { store, logger, flushInterval } = this.#options;
    this.#flusher =
      store &&
      new Flusher<JobChange>({
        store,
        what: "the job queue",
        interval: flushInterval,
        logger,
        textOf: (change) => change && jobText(change),
      });
    this.#jobs = new JobList((id, change) => this.#flusher?.add(id, change));
    if (store) {
      this.#early = [];
      this.#loading = runInHost(() => this.#load(store));
      // Whoever waits for ready(), a tick or a flush hears of a failure.
      this.#loading.catch(() => {});
    }
  }

  /** Resolves when the store was read, at once without one. Rejects with `HOTSWAP_STORE_FAILED`. */
  async ready(): Promise<void> {
    await this.#loading;
  }

  /**
   * The number of jobs that wait, for their time or for another try. Reads an embedded store to its end if that was not
   * done.
   *
   * @throws HotswapError `HOTSWAP_STORE_FAILED` when the store cannot be read, or has to be waited for: see
   * {@link JobQueue.ready}.
   */
  get size(): number {
    this.#loadNow();
    return this.#jobs.waiting.size;
  }

  /** The number of jobs that are running. */
  get running(): number {
    return this.#jobs.running.size;
  }

  /** The jobs that failed as often as they may. Throws as {@link JobQueue.size} does. */
  get dead(): readonly DeadJob[] {
    this.#loadNow();
    return Array.from(this.#jobs.dead.values(), ({ id, type, data, failures, error = "" }) => ({
      id,
      type,
      data,
      attempts: failures,
      error,
    }));
  }

  /**
   * Adds a job and returns its id. `data` that is not live data is wrapped; for a live type it is an instance, or an
   * object with its fields. With a store, {@link JobQueue.flush} tells when the job is safe.
   *
   * @throws HotswapError `HOTSWAP_NOT_SERIALIZABLE` when `data` cannot be wrapped, `HOTSWAP_TOO_LARGE` for more than
   * `maxValueSize`, a `RangeError` for a time that makes no sense and `HOTSWAP_CLOSED` after {@link JobQueue.close}.
   */
  add(type: string, data: unknown, { delay, every, id = crypto.randomUUID() }: AddOptions = {}): string {
    this.#checkOpen();
    const content = { id: checkedId(id), type, data: this.#contentOf(type, data), every };
    if (every !== undefined && milliseconds("every", every) === 0) throw new RangeError("every must be more than 0 ms");
    const now = this.#options.now();
    const due = now + milliseconds("delay", delay ?? every ?? 0);
    const insert = (): void =>
      this.#jobs.add(content, (earlier) => (delay === undefined && earlier !== undefined ? earlier.due : due));
    if (this.#early) this.#early.push(insert);
    else insert();
    return id;
  }

  /**
   * Runs up to `max` jobs that are due, in the order in which they are due, and resolves when they are done; they are
   * all started before the first is waited for, and without a store (or once it is {@link JobQueue.ready}) before
   * `tick` returns. A job that fails rejects nothing. Rejects when there is no set to run jobs with
   * (`HOTSWAP_NOT_LINKED`, `HOTSWAP_CLOSED`) or the store could not be read; then no job was tried.
   */
  async tick(max = 100): Promise<TickResult> {
    if (!(max > 0)) throw new RangeError(`max must be a number from 1, not ${max}`);
    if (this.#early) await this.#loading;
    this.#checkOpen();
    const runs = runInHost(() => this.#startDue(max));
    const outcomes = await Promise.all(runs);
    return { ran: outcomes.length, failed: outcomes.filter((succeeded) => !succeeded).length };
  }

  /** Ticks every `interval` ms (100 unless set) with up to `max` jobs (100 unless set), until {@link JobQueue.stop}. */
  start({ interval = 100, max = 100 }: { readonly interval?: number; readonly max?: number } = {}): void {
    this.#checkOpen();
    if (!(max > 0)) throw new RangeError(`max must be a number from 1, not ${max}`);
    milliseconds("interval", interval);
    clearInterval(this.#timer);
    this.#timer = runInHost(() => setInterval(() => void this.#tickOnTime(max), interval));
  }

  /** Ends what {@link JobQueue.start} began, and resolves when no job is running. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await Promise.all(this.#runs);
  }

  /** Lets a dead job run at the next tick, as if it had never failed. `false` when no dead job has the id. */
  requeue(id: string): boolean {
    this.#checkOpen();
    return this.#jobs.revive(id, this.#options.now());
  }

  /**
   * Forgets a job, dead or waiting; one that is running runs to its end, but not again. `false` when there is none of
   * the id.
   */
  remove(id: string): boolean {
    this.#checkOpen();
    return this.#jobs.remove(id);
  }

  /** Resolves when everything up to now is in the store, at once without one. Rejects with `HOTSWAP_STORE_FAILED`. */
  async flush(): Promise<void> {
    await this.#loading;
    await this.#flusher?.flush();
  }

  /**
   * Stops, waits up to `timeout` ms (5000 unless set) for running jobs, flushes and closes the store. A job that is
   * still running then runs again after a restart. Rejects with `HOTSWAP_STORE_FAILED`.
   */
  async close({ timeout = 5000 }: { readonly timeout?: number } = {}): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { promise: timedOut, resolve } = Promise.withResolvers<void>();
    const timer = runInHost(() => setTimeout(resolve, timeout));
    await Promise.race([this.stop(), timedOut]);
    clearTimeout(timer);
    await Promise.allSettled([this.#loading]);
    await this.#flusher?.close();
    await this.#loading;
  }

  /** The same as {@link JobQueue.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(store: DataStore): Promise<void> {
    try {
      const records = store.load();
      if (Symbol.iterator in records) await readAll((this.#rest = this.#restoring(records)), () => {});
      else await readAll(records, (record) => this.#restore(record));
      // Whoever asked for the size may have read to the damaged record.
      if (this.#loadError !== undefined) throw this.#loadError;
    } catch (error) {
      this.#loadError = error;
      await store.close();
      throw error;
    }
    this.#addEarly();
  }

  /** Takes what is left of the store without waiting. */
  #loadNow(): void {
    if (!this.#early) return;
    if (this.#rest === undefined) {
      const message = "the job queue has not read its store yet, which has to be waited for: await queue.ready() first";
      throw this.#loadError ?? new HotswapError("HOTSWAP_STORE_FAILED", message);
    }
    for (const _ of this.#rest);
    if (this.#loadError !== undefined) throw this.#loadError;
    this.#addEarly();
  }

  *#restoring(records: Iterable<StoreRecord>): Generator<StoreRecord> {
    try {
      for (const record of records) {
        this.#restore(record);
        yield record;
      }
    } catch (error) {
      this.#loadError = error;
      throw error;
    }
  }

  #restore(record: StoreRecord): void {
    const { job, isDead } = readJob(record);
    this.#jobs.restore(job, isDead);
  }

  #addEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const insert of early) insert();
  }

  #contentOf(type: string, data: unknown): LiveData {
    const { maxValueSize } = this.#options;
    if (!LiveData.is(data)) return wrapWithin(data, maxValueSize);
    if (data.size <= maxValueSize) return data;
    throw tooLarge(`the data of a job for ${type}`, maxValueSize);
  }

  #startDue(max: number): Promise<boolean>[] {
    // Without a set nothing is tried, and nothing counted as a failure.
    this.#source.acquire()[Symbol.dispose]();
    return this.#jobs.take(this.#options.now(), max).map((job) => {
      const run = this.#run(job);
      this.#runs.add(run);
      void run.finally(() => this.#runs.delete(run));
      return run;
    });
  }

  /** Whether the job succeeded. */
  async #run(job: Job): Promise<boolean> {
    try {
      using lease = this.#source.acquire();
      await runJob(lease.manager.vault, job);
    } catch (error) {
      if (!this.#closed) this.#failed(job, error);
      return false;
    }
    if (!this.#closed) this.#succeeded(job);
    return true;
  }

  #succeeded(job: Job): void {
    if (job.every === undefined) return this.#jobs.succeed(job, undefined);
    const now = this.#options.now();
    const next = job.due + job.every;
    // What was missed while nobody ticked is not made up for.
    this.#jobs.succeed(job, next > now ? next : now + job.every);
  }

  #failed(job: Job, error: unknown): void {
    const { attempts, logger, now } = this.#options;
    const reason = describeError(error);
    const attempt = job.failures + 1;
    const failed = `job ${job.id} (${job.type}) failed at attempt ${attempt} of ${attempts}`;
    if (attempt >= attempts) {
      logger.error(`${failed} and is kept aside: ${reason}`, error);
      this.#jobs.fail(job, reason, undefined);
      return;
    }
    const wait = this.#waitAfter(attempt);
    logger.warn(`${failed}, next in ${wait} ms: ${reason}`, error);
    this.#jobs.fail(job, reason, now() + wait);
  }

  #waitAfter(failures: number): number {
    try {
      return milliseconds("what backoff returns", this.#options.backoff(failures));
    } catch (error) {
      this.#options.logger.error(`${describeError(error)}; waiting ${LONGEST_BACKOFF} ms instead`, error);
      return LONGEST_BACKOFF;
    }
  }

  async #tickOnTime(max: number): Promise<void> {
    try {
      await this.tick(max);
      this.#tickError = undefined;
    } catch (error) {
      const reason = describeError(error);
      if (reason !== this.#tickError && !this.#closed)
        this.#options.logger.error(`the job queue could not run jobs: ${reason}`);
      this.#tickError = reason;
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new HotswapError("HOTSWAP_CLOSED", "the job queue was used after it was closed");
  }
}

function checkedId(id: string): string {
  if (typeof id === "string" && id.isWellFormed()) return id;
  throw new HotswapError(
    "HOTSWAP_NOT_SERIALIZABLE",
    `${Bun.inspect(id)} cannot be the id of a job: ids are well-formed strings`,
  );
}
