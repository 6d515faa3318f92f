import { HotswapError, describeError } from "../../errors.ts";
import type { Migrations } from "../live-type.ts";

/** The version that code expects, and its steps towards it. */
export interface Target {
  readonly version: number;
  readonly migrations?: Migrations | undefined;
  /** The steps down of this code. */
  readonly downgrades?: Migrations | undefined;
  /** The steps down of the newer code that wrote the data, as long as it is loaded. */
  readonly newerDowngrades?: Migrations | undefined;
}

/**
 * Takes `data` step by step from version `from` to the target's. `what` names it in messages. The steps get `data`
 * itself, so it must be a copy. Throws `HOTSWAP_MIGRATION_FAILED` naming `what`, from and to when a step is missing or
 * fails.
 */
export function migrate(what: string, data: unknown, from: number, target: Target): unknown {
  let current = data;
  for (let version = from; version !== target.version;) {
    const next = version < target.version ? version + 1 : version - 1;
    const step =
      next > version
        ? target.migrations?.[version]
        : (target.downgrades?.[version] ?? target.newerDowngrades?.[version]);
    if (typeof step !== "function") throw missingStep(what, from, version, next, target.version);
    current = run(step, current, `${what}: the step from version ${version} to ${next}`);
    version = next;
  }
  return current;
}

function run(step: (old: never) => unknown, data: unknown, what: string): unknown {
  let result: unknown;
  try {
    result = step(data as never);
  } catch (error) {
    throw new HotswapError("HOTSWAP_MIGRATION_FAILED", `${what} failed: ${describeError(error)}`, { cause: error });
  }
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new HotswapError("HOTSWAP_MIGRATION_FAILED", `${what} returned a promise; migrations are synchronous`);
  }
  return result;
}

function missingStep(what: string, stored: number, from: number, to: number, wanted: number): HotswapError {
  const message =
    stored < wanted
      ? `${what} is stored at version ${stored} and the code is at version ${wanted}, but migrations has no step ${from} (from ${from} to ${to})`
      : `${what} is stored at version ${stored}, which is newer than the code's version ${wanted}, and there is no downgrade from ${from} to ${to}; ` +
        `load code of version ${stored} or later, or give the newer code a step downgrades[${from}]`;
  return new HotswapError("HOTSWAP_MIGRATION_FAILED", message);
}
