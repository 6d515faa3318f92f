import type { FunctionTable } from "../generation/call-stats.ts";
import type { ErrorGroup } from "../generation/error-log.ts";
import type { GenerationRegistry, GenerationState } from "../generation/generation-record.ts";

/** What is known of the calls of one function. */
export interface FunctionMetrics {
  readonly name: string;
  /** `undefined` unless calls are counted (`observe: "calls"`). */
  readonly calls: number | undefined;
  /** Calls that threw or rejected. */
  readonly failures: number;
  /** Calls whose promise is not settled; `undefined` unless calls are counted. */
  readonly underWay: number | undefined;
  /** In ms; `undefined` unless calls are counted and there were some. */
  readonly p50: number | undefined;
  /** In ms, as {@link p50}. */
  readonly p99: number | undefined;
  /** The time of the calls that were timed, in ms, and their number. */
  readonly timed: { readonly sum: number; readonly count: number };
}

/** What one generation, or all of a plugin's, counted. */
export interface PluginMetrics {
  readonly plugin: string;
  /** Calls that threw or rejected. */
  readonly failures: number;
  /** Errors of background work that nobody caught. */
  readonly uncaught: number;
  /** Sorted by name. */
  readonly functions: readonly FunctionMetrics[];
}

export interface GenerationMetrics extends PluginMetrics {
  /** The generation's number. */
  readonly generation: number;
  readonly state: GenerationState;
  /** It was freed, and something still referred to it after `leakAfter`. */
  readonly leaked: boolean;
}

/** What `swapper.metrics()` returns (SPEC 15.1). */
export interface SwapperMetrics {
  /** Loads, reloads and rollbacks so far. */
  readonly reloads: { readonly succeeded: number; readonly failed: number };
  /** Every generation that is not yet collected. */
  readonly generations: readonly GenerationMetrics[];
  /** Of all generations that there ever were; only ever grows. */
  readonly totals: readonly PluginMetrics[];
  /** Generations that were freed and are still in memory after `leakAfter`. */
  readonly leaked: number;
  /** Errors that are alike, the newest first; at most 100. */
  readonly errors: readonly ErrorGroup[];
}

export function metricsOf(
  registry: GenerationRegistry,
  countsCalls: boolean,
  others: Pick<SwapperMetrics, "reloads" | "errors">,
): SwapperMetrics {
  const records = Array.from(registry);
  return {
    ...others,
    generations: records.map(({ plugin, number, state, leaked, stats: { failures, uncaught, functions } }) => ({
      plugin,
      generation: number,
      state,
      leaked,
      failures,
      uncaught,
      functions: functionsOf(functions, countsCalls),
    })),
    totals: Array.from(registry.totals(), ([plugin, { failures, uncaught, functions }]) => ({
      plugin,
      failures,
      uncaught,
      functions: functionsOf(functions, countsCalls),
    })),
    leaked: records.filter(({ leaked }) => leaked).length,
  };
}

/** How many generations of the plugin leaked. */
export function leakedOf(plugin: string, generations: SwapperMetrics["generations"]): number {
  return generations.filter((each) => each.leaked && each.plugin === plugin).length;
}

function functionsOf(functions: FunctionTable, countsCalls: boolean): FunctionMetrics[] {
  const rows = Array.from(functions, ([name, { calls, failures, underWay, durations }]) => ({
    name,
    calls: countsCalls ? calls : undefined,
    failures,
    underWay: countsCalls ? underWay : undefined,
    p50: durations.quantile(0.5),
    p99: durations.quantile(0.99),
    timed: { sum: durations.sum, count: durations.count },
  }));
  return rows.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
