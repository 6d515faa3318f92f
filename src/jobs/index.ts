export type { DeadJob, JobInfo } from "./job.ts";
export { JobQueue, type JobSource, type TickResult } from "./job-queue.ts";
export type { AddOptions, JobQueueOptions } from "./options.ts";
