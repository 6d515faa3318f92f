import type { JobSource } from "../../src/jobs/job-queue.ts";
import type { JobVault } from "../../src/jobs/run-job.ts";
import { registerLiveTypes } from "../../src/vault/types/registry.ts";
import type { LiveFunc, LiveType } from "../../src/vault/live-type.ts";

/** Stands for a swapper: a current set that can be replaced, and leases that are counted. */
export class SetSource implements JobSource {
  #vault: JobVault | undefined;
  /** How many leases are held. */
  leases = 0;
  /** The live types that were entered. */
  readonly entered: string[] = [];

  /** Makes a set with these live things the current one. */
  load({ funcs = {}, types = {} }: { funcs?: Record<string, LiveFunc>; types?: Record<string, LiveType> }): void {
    const liveTypes = new Map(Object.entries(types));
    registerLiveTypes(liveTypes);
    this.#vault = {
      liveFuncs: new Map(Object.entries(funcs)),
      liveTypes,
      enterLiveType: (name, fn) => {
        this.entered.push(name);
        return fn();
      },
    };
  }

  acquire(): Disposable & { readonly manager: { readonly vault: JobVault } } {
    if (!this.#vault) throw new Error("no set is loaded");
    this.leases++;
    return { manager: { vault: this.#vault }, [Symbol.dispose]: () => this.leases-- };
  }
}
