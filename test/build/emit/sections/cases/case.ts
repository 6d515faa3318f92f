import type { BuildOptions } from "../../../../../src/build/index.ts";
import type { Files } from "../../../../support/project.ts";

/** A plugin whose root module exports a function `result`, and what that returns, whichever way the plugin was built. */
export interface Case {
  /** By paths relative to the plugin's folder; `index.ts` needs no definition. `../../` is the project's root. */
  readonly files: Files;
  /** What `result()` returns; promises are awaited. */
  readonly result: unknown;
  readonly options?: Partial<BuildOptions>;
  /** Why `bun run` of the source cannot be compared. */
  readonly notNative?: string;
}

export type Cases = Readonly<Record<string, Case>>;

/** Modules that are kept apart. */
export function apart(files: Files, result: unknown, options?: Partial<BuildOptions>): Case {
  return {
    files,
    result,
    ...(options !== undefined && { options, notNative: "flags of the bundler mean nothing to it" }),
  };
}

/** The same, where `bun run` does something else. */
export function notNative(why: string, files: Files, result: unknown): Case {
  return { files, result, notNative: why };
}
