import type { ErrorReport, Reload, WireError } from "../control/protocol.ts";
import type { ReloadPhase } from "../reload/reload-log.ts";

/** What a host under development tells `hotswap dev`, in the order in which it happens. */
export type DevReport =
  /** The first report of a host. */
  | { readonly type: "host connected"; readonly pid: number }
  | { readonly type: "build failed"; readonly plugin: string; readonly error: WireError }
  /** What was wrong is right, and nothing else is to be done: a build, whose code is what is live already, or a file of settings. */
  | { readonly type: "mended"; readonly about: string; readonly what: string }
  /** A plugin's folder is gone that was never live. */
  | { readonly type: "left"; readonly plugin: string }
  /** The first load finds no plugin; what was given matches no folder with a root module. */
  | { readonly type: "no plugins"; readonly given: readonly string[] }
  /** The host waits for the first build of these plugins. */
  | { readonly type: "waiting"; readonly plugins: readonly string[] }
  /**
   * A load, reload or rollback is over. `since` is how many ms before its end the first change was noticed that it is about; `null`
   * when it is about none.
   */
  | { readonly type: "reloaded"; readonly reload: Reload; readonly since: number | null }
  /** A reload, or the first load, takes long; `step` is what it is at. */
  | { readonly type: "slow"; readonly isFirst: boolean; readonly step: ReloadPhase; readonly seconds: number }
  /** `isReplaced` says that another generation of the plugin is live by now: where its code came from is no longer known. */
  | { readonly type: "plugin error"; readonly error: ErrorReport; readonly isReplaced: boolean }
  /**
   * Files that the host has loaded, which only a restart can change; absolute paths, those since the last report. What was saved after `since` (ms since 1970) may
   * be newer than what was loaded.
   */
  | { readonly type: "host files"; readonly files: readonly string[]; readonly since: number }
  /** Packages or settings did, so that imports may mean something else. */
  | { readonly type: "project changed" }
  | { readonly type: "failed"; readonly what: string; readonly error: WireError };
