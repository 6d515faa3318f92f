import type { TrustedKey } from "../../artifact/signature.ts";
import type { Logger } from "../../logger.ts";
import type { SwapperMetrics } from "../../reload/metrics.ts";

/** A set that is ready to be swapped in. */
export interface PreparedSet {
  /** Swaps it in. */
  commit(): Promise<unknown>;
  /** Frees it. */
  abort(): Promise<void>;
}

/** What a member needs of the host's swapper. */
export interface FleetSwapper {
  /** `undefined` before the first load. */
  readonly current: unknown;
  readonly pluginDir: string;
  readonly logger: Logger;
  /** What it asks of artifacts is asked of releases, too. */
  readonly trust: readonly (string | TrustedKey)[] | undefined;
  /** Prepares what lies in a folder, which is the plugin folder from the swap on. */
  prepareFrom(pluginDir: string, data?: unknown): Promise<PreparedSet>;
  /** What plugins count of what goes wrong. */
  metrics(): Pick<SwapperMetrics, "generations" | "errors">;
}
