import { describeError } from "../../errors.ts";
import type { Failure } from "../protocol/records.ts";
import type { FleetSwapper } from "./reloading.ts";

/** How long `healthy()` may take, in ms. */
const PATIENCE = 10_000;

/** Watches one member from the swap of a rollout's release on. */
export class HealthWatch {
  readonly #swapper: Pick<FleetSwapper, "metrics">;
  readonly #healthy: (() => boolean | Promise<boolean>) | undefined;
  /** What each generation had counted before. */
  readonly #before: ReadonlyMap<string, number>;

  /** To be made just before the swap. */
  constructor(swapper: Pick<FleetSwapper, "metrics">, healthy: (() => boolean | Promise<boolean>) | undefined) {
    this.#swapper = swapper;
    this.#healthy = healthy;
    this.#before = new Map(swapper.metrics().generations.map((counted) => [nameOf(counted), errorsOf(counted)]));
  }

  /** Why the member is unhealthy; `undefined` when it is well. */
  async problem(maxErrors: number): Promise<Failure | undefined> {
    const { generations, errors } = this.#swapper.metrics();
    const live = generations.filter(({ state }) => state === "live");
    const count = live.reduce((sum, each) => sum + errorsOf(each) - (this.#before.get(nameOf(each)) ?? 0), 0);
    if (count > maxErrors) {
      const names = new Set(live.map(nameOf));
      const newest = errors.find((group) => names.has(nameOf(group)));
      const what = `${count} uncaught ${count === 1 ? "error or failed call" : "errors or failed calls"} of plugins`;
      return newest === undefined
        ? { message: what }
        : { plugin: newest.plugin, message: `${what}, the newest: ${newest.message}` };
    }
    if (this.#healthy === undefined) return undefined;
    try {
      const isWell = await inTime(Promise.try(this.#healthy));
      return isWell ? undefined : { message: "healthy() said no" };
    } catch (error) {
      return { message: `healthy() failed: ${describeError(error)}` };
    }
  }
}

async function inTime<Result>(promise: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE / 1000} s`)), PATIENCE);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function nameOf({ plugin, generation }: { readonly plugin: string; readonly generation: number }): string {
  return `${plugin}#${generation}`;
}

function errorsOf({ failures, uncaught }: { readonly failures: number; readonly uncaught: number }): number {
  return failures + uncaught;
}
