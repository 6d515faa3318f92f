import { DueList } from "./due-list.ts";
import type { Job } from "./job.ts";

/** What is to be kept of an id: a job, and whether it is dead; `undefined` when nothing is. */
export type JobChange = { readonly job: Job; readonly isDead: boolean } | undefined;

/** What stays the same of a job while it is in the list, except its place. */
export type JobContent = Pick<Job, "id" | "type" | "data" | "every">;

/**
 * The jobs of a queue by their states: waiting, running, dead. An id has at most one job that waits or is dead, and
 * one that runs.
 */
export class JobList {
  readonly #waiting = new Map<string, Job>();
  readonly #running = new Map<string, Job>();
  readonly #dead = new Map<string, Job>();
  readonly #onChange: (id: string, change: JobChange) => void;
  /** May hold jobs that were replaced or removed; they are passed over. */
  #due = new DueList();
  #order = 0;

  constructor(onChange: (id: string, change: JobChange) => void) {
    this.#onChange = onChange;
  }

  get waiting(): ReadonlyMap<string, Job> {
    return this.#waiting;
  }

  get running(): ReadonlyMap<string, Job> {
    return this.#running;
  }

  get dead(): ReadonlyMap<string, Job> {
    return this.#dead;
  }

  /** The length of the list of due jobs, including entries that will be skipped. */
  get listed(): number {
    return this.#due.size;
  }

  /** Takes a job from the store. */
  restore(job: Job, isDead: boolean): void {
    this.#order = Math.max(this.#order, job.order);
    if (isDead) this.#dead.set(job.id, job);
    else this.#enqueue(job);
  }

  /** Adds a job, in place of what waits or is dead under its id. `dueOf` gets the job that waited. */
  add(content: JobContent, dueOf: (earlier: Job | undefined) => number): void {
    const due = dueOf(this.#waiting.get(content.id));
    this.#dead.delete(content.id);
    this.#wait({ ...content, due, order: ++this.#order, failures: 0, error: undefined });
  }

  /** Moves up to `max` jobs that are due at `now` to the running ones, in the order in which they are due. */
  take(now: number, max: number): Job[] {
    const taken: Job[] = [];
    const blocked: Job[] = [];
    for (let next = this.#due.peek(); next && next.due <= now && taken.length < max; next = this.#due.peek()) {
      this.#due.pop();
      if (this.#waiting.get(next.id) !== next) continue;
      // Two jobs of one id never run at the same time.
      if (this.#running.has(next.id)) blocked.push(next);
      else {
        this.#waiting.delete(next.id);
        this.#running.set(next.id, next);
        taken.push(next);
      }
    }
    for (const job of blocked) this.#due.push(job);
    return taken;
  }

  /** A running job succeeded; `nextDue` is when it runs again, if it does. */
  succeed(job: Job, nextDue: number | undefined): void {
    if (!this.#end(job)) return;
    if (nextDue === undefined) this.#onChange(job.id, undefined);
    else this.#wait({ ...job, due: nextDue, failures: 0, error: undefined });
  }

  /** A running job failed and is tried again at `nextDue`; without one it is kept aside. */
  fail(job: Job, error: string, nextDue: number | undefined): void {
    if (!this.#end(job)) return;
    const failed: Job = { ...job, failures: job.failures + 1, error };
    if (nextDue !== undefined) return this.#wait({ ...failed, due: nextDue });
    this.#dead.set(job.id, failed);
    this.#onChange(job.id, { job: failed, isDead: true });
  }

  /** Lets a dead job wait again, as if it had never failed. */
  revive(id: string, due: number): boolean {
    const job = this.#dead.get(id);
    if (!job) return false;
    this.#dead.delete(id);
    this.#wait({ ...job, due, failures: 0, error: undefined });
    return true;
  }

  /** Forgets a job that waits or is dead, and what would become of it if it is running. */
  remove(id: string): boolean {
    const isThere = [this.#waiting, this.#dead, this.#running].map((jobs) => jobs.delete(id)).includes(true);
    if (isThere) this.#onChange(id, undefined);
    return isThere;
  }

  /** `false` when the outcome of the run no longer matters, because the job was removed or replaced meanwhile. */
  #end(job: Job): boolean {
    if (this.#running.get(job.id) !== job) return false;
    this.#running.delete(job.id);
    return !this.#waiting.has(job.id) && !this.#dead.has(job.id);
  }

  #wait(job: Job): void {
    this.#enqueue(job);
    this.#onChange(job.id, { job, isDead: false });
  }

  #enqueue(job: Job): void {
    this.#waiting.set(job.id, job);
    this.#due.push(job);
    if (this.#due.size > 2 * this.#waiting.size + 64) {
      this.#due = new DueList();
      for (const waiting of this.#waiting.values()) this.#due.push(waiting);
    }
  }
}
