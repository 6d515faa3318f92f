/**
 * Jobs that run with the code of the current set.
 *
 * @module hotswap/jobs
 */
export type { DeadJob, JobInfo } from "./job.ts";
export { JobQueue, type JobSource, type TickResult } from "./job-queue.ts";
export type { AddOptions, JobQueueOptions } from "./options.ts";
