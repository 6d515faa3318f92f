import type { HotswapErrorOptions, ErrorCode } from "../../errors.ts";
import type { EncodedBuild } from "../emit/publish-build.ts";
import type { Diagnostic } from "../diagnostic.ts";
import type { BuildOptions, FilledOptions } from "../options.ts";

/** What a separate process is asked to do. There the bundler remembers nothing, and macros run apart from the host. */
export type Task =
  /** Builds a whole plugin, and publishes nothing. */
  | { readonly kind: "whole"; readonly options: Omit<BuildOptions, "beforePublish"> }
  /** Makes one module of JavaScript of a file. */
  | {
      readonly kind: "alone";
      readonly bundler: FilledOptions["bundler"];
      readonly path: string;
      readonly type: string | undefined;
    };

/** What comes of each task. */
export interface TaskResults {
  readonly whole: EncodedBuild;
  readonly alone: string;
}

export type TaskAnswer =
  | { readonly ok: true; readonly result: TaskResults[Task["kind"]] }
  /** What is wrong with the source; without diagnostics, something else is. */
  | {
      readonly ok: false;
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly options: Pick<HotswapErrorOptions, "plugin">;
      readonly diagnostics: readonly Diagnostic[] | undefined;
    };
