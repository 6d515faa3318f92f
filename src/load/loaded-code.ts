import type { AssetSource } from "./asset.ts";
import type { Context } from "./graph.ts";

/** What loading returns: the evaluated modules of one plugin, and where they run. */
export interface LoadedCode {
  readonly name: string;
  readonly file: string;
  readonly hash: string;
  readonly context: Context;
  readonly rootModule: Record<string, unknown>;
  readonly liveFuncs: Readonly<Record<string, unknown>>;
  readonly liveTypes: Readonly<Record<string, unknown>>;
  readonly assets: AssetSource;
  /** Takes an error of the plugin's background work that did not reach it through the context. */
  report(error: unknown): void;
  /** Gives up what loading took: the copy of the artifact. */
  release(): Promise<void>;
}
