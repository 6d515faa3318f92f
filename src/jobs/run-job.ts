import { HotswapError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";
import type { LiveFunc, LiveType } from "../vault/live-type.ts";
import type { Job, JobInfo } from "./job.ts";

/** What a queue needs of a vault. */
export interface JobVault {
  /** They run in the context of the plugin that defines them. */
  readonly liveFuncs: ReadonlyMap<string, LiveFunc>;
  readonly liveTypes: ReadonlyMap<string, LiveType>;
  /** Runs `fn` as code of the plugin that defines the live type. */
  enterLiveType<Result>(name: string, fn: () => Result): Result;
}

/**
 * Runs a job with the code of one set: the live function gets the job's value and a {@link JobInfo}; of a live type an
 * instance is made and its `handle` called with the {@link JobInfo}. Throws `HOTSWAP_UNKNOWN_FUNCTION` when the set has
 * neither.
 */
export function runJob(vault: JobVault, job: Job): unknown {
  const info: JobInfo = { id: job.id, type: job.type, attempt: job.failures + 1 };
  const func = vault.liveFuncs.get(job.type);
  if (func) return func(job.data.unwrap(vault) as never, info as never);
  const type = vault.liveTypes.get(job.type);
  if (type) return vault.enterLiveType(job.type, () => handle(job, type, vault, info));
  const known = [...vault.liveFuncs.keys(), ...vault.liveTypes.keys()];
  throw new HotswapError(
    "HOTSWAP_UNKNOWN_FUNCTION",
    `the current set has no live function and no live type ${JSON.stringify(job.type)}${didYouMean(job.type, known)}`,
  );
}

function handle(job: Job, type: LiveType, vault: JobVault, info: JobInfo): unknown {
  const instance = job.data.unwrapAs(type, vault);
  if ("handle" in instance && typeof instance.handle === "function") return instance.handle(info);
  throw new HotswapError(
    "HOTSWAP_UNKNOWN_FUNCTION",
    `the live type ${job.type} has no method handle, so it cannot run jobs`,
  );
}
