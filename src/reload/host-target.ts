import type { Explanation, GenerationName } from "../generation/explanation.ts";
import type { ServedSockets } from "../link/calls.ts";
import type { PluginManager } from "../link/manager.ts";
import type { GenerationInfo } from "../generation/generation-record.ts";
import type { Logger } from "../logger.ts";
import type { ReloadPlan } from "../plan/details.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import type { SwapperMetrics } from "./metrics.ts";
import type { ProbationOptions } from "./probation.ts";
import type { ReloadListener, ReloadRecord } from "./reload-log.ts";

/** What of a swapper can be seen from outside. */
export interface VisibleSwapper {
  readonly current: PluginManager<unknown> | undefined;
  readonly reloadCounter: number;
  readonly staticLinkingMode: boolean;
  readonly pluginDir: string;
  readonly generations: readonly GenerationInfo[];
  readonly reloads: readonly ReloadRecord[];
  readonly probation: ProbationState | undefined;
  readonly servers: Iterable<ServedSockets>;
  metrics(): SwapperMetrics;
  subscribe(listener: ReloadListener): () => void;
  plan(options?: { readonly rehearse?: boolean }): Promise<ReloadPlan>;
  explain(generation: GenerationName): Promise<Explanation>;
}

/**
 * A host as what surrounds the core sees it: the control socket, the watch on the plugin folder, a dashboard. The core knows
 * none of them.
 */
export interface HostTarget {
  readonly logger: Logger;
  readonly swapper: VisibleSwapper;
  /**
   * Reloads with the data that the host gave to its newest load or reload. Resolves to the entry of the log when the reload
   * failed, too; rejects when it was refused before it began.
   */
  reload(options?: { readonly probation?: ProbationOptions }): Promise<ReloadRecord>;
  /** The same for going back. */
  rollback(): Promise<ReloadRecord>;
}
