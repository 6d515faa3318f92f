import { existsSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { MAX_ARTIFACT_SIZE } from "../artifact/read-artifact.ts";
import type { TrustedKey } from "../artifact/signature.ts";
import type { PluginManager } from "../link/manager.ts";
import { nearest } from "../load/resolve.ts";
import type { StaticPlugin } from "../load/static.ts";
import type { OnPluginError } from "../load/uncaught.ts";
import { containedLogger, defaultLogger, type Logger } from "../logger.ts";
import type { ProbationOptions } from "./probation.ts";
import type { DataStore } from "../vault/store/data-store.ts";

/**
 * Called when everything is prepared and nothing is swapped yet, at the first load too. What it throws or rejects with
 * aborts the reload (SPEC 3.10).
 */
export type ReloadCallback<Extension> = (
  newManager: PluginManager<Extension>,
  oldManager: PluginManager<Extension> | undefined,
) => void | Promise<void>;

/** What one reload may be given. */
export interface ReloadOptions<Extension> {
  readonly callback?: ReloadCallback<Extension>;
  /** Watches the new set, and goes back by itself when it misbehaves (SPEC 3.18). */
  readonly probation?: ProbationOptions;
}

/** What a host may set. All times are in ms. */
export interface SwapperOptions<Extension> {
  /**
   * Where hotswap reports to.
   *
   * @default consola
   */
  readonly logger?: Logger;
  /**
   * How long a set that was swapped out is kept at least.
   *
   * @default 15_000; 1000 under `hotswap dev'
   */
  readonly freeDelay?: number;
  /**
   * After this time a set that was swapped out is retired even if it is in use.
   *
   * @default 300_000
   */
  readonly drainTimeout?: number;
  /**
   * How long a hook, or the evaluation of a plugin, may take.
   *
   * @default 30_000
   */
  readonly hookTimeout?: number;
  /**
   * After this time a freed generation that is still in memory is reported.
   *
   * @default 60_000
   */
  readonly leakAfter?: number;
  /**
   * How many sets `rollback()` can go back.
   *
   * @default 5
   */
  readonly history?: number;
  /**
   * How long a prepared reload may be held before it is aborted, in ms.
   * @default 60_000
   */
  readonly holdTimeout?: number;
  /** Called before every swap. */
  readonly reloadCallback?: ReloadCallback<Extension>;
  /** Hears of errors that nobody caught in a plugin's background work. */
  readonly onPluginError?: OnPluginError;
  /**
   * What is counted. `"errors"`: calls that fail, and uncaught errors; a call that succeeds costs nothing more.
   * `"calls"`: also every call, with the times of some; each call costs some nanoseconds more. See `metrics()`.
   * @default "errors"
   */
  readonly observe?: "errors" | "calls";
  /** Makes the vault's extension, once for each set. */
  readonly newExtension?: () => Extension | Promise<Extension>;
  /** Plugins that are compiled into the host; they cannot be reloaded. */
  readonly staticPlugins?: Readonly<Record<string, StaticPlugin>>;
  /** Only these plugins are loaded. */
  readonly whitelist?: readonly string[];
  /** The folder that host modules are found from: the nearest with a `package.json` above the main module unless set. */
  readonly root?: string;
  /** Keeps the data bag over restarts. */
  readonly vault?: VaultOptions;
  /**
   * `false` hides the caller's AsyncLocalStorage stores from plugin code, which makes calls cheaper.
   *
   * @default true
   */
  readonly asyncContext?: boolean;
  /**
   * Public keys: PEM texts, or paths of PEM files, each of which may hold several. Only artifacts that one of them signed
   * (`hotswap build --sign`) are loaded; anything else in the plugin folder is refused with `HOTSWAP_UNTRUSTED`. A signature is
   * asked for when a file is read: what is live goes on running when it expires. Not for plugins that are linked statically: they
   * are part of the host.
   * @default everything in the plugin folder is loaded
   */
  readonly trust?: readonly (string | TrustedKey)[] | undefined;
  /**
   * In bytes. A larger artifact is refused with `HOTSWAP_TOO_LARGE` before it is read.
   * @default 268435456 (256 MB)
   */
  readonly maxArtifactSize?: number;
  /**
   * Path of a Unix socket through which `hotswap status --host PATH` and its like reach this host; it is open from
   * `loadPlugins()` to `close()`, for the owner of the process alone (on Windows: for whoever may enter its folder). None is
   * opened unless set.
   */
  readonly control?: string;
  /**
   * Reload when artifacts are published in the plugin folder; what is published within 20 ms belongs together. A reload
   * that fails is logged, and the next publication tries again. `false` unless set; has no effect on plugins that are linked
   * statically, nor under `hotswap dev`, which has its host reload by itself.
   */
  readonly watch?: boolean;
  /**
   * Whether debug logging is on: then each lease keeps the stack of its `acquire()`, which is reported when the lease is
   * forgotten. Unless set, it is on when the logger's `level` says that `debug()` is shown (consola, pino, winston).
   */
  readonly debug?: boolean;
}

/** Where the data bag is kept. */
export interface VaultOptions {
  /** Without one, the data lives as long as the process. */
  readonly store?: DataStore;
  /**
   * The longest time in ms that a write waits before it is flushed to the store.
   *
   * @default 1000
   */
  readonly flushInterval?: number;
  /**
   * The most bytes that one value of the data bag may take.
   *
   * @default 64 MB
   */
  readonly maxValueSize?: number;
}

/** {@link SwapperOptions} with every default filled in. */
export interface FilledOptions<Extension> {
  readonly logger: Logger;
  readonly freeDelay: number;
  readonly drainTimeout: number;
  readonly hookTimeout: number;
  readonly leakAfter: number;
  readonly history: number;
  readonly holdTimeout: number;
  readonly reloadCallback: ReloadCallback<Extension> | undefined;
  readonly onPluginError: OnPluginError | undefined;
  readonly observe: "errors" | "calls";
  readonly newExtension: (() => Extension | Promise<Extension>) | undefined;
  readonly staticPlugins: Readonly<Record<string, StaticPlugin>> | undefined;
  readonly whitelist: readonly string[] | undefined;
  readonly root: string;
  readonly vault: VaultOptions;
  readonly asyncContext: boolean;
  readonly trust: readonly (string | TrustedKey)[] | undefined;
  readonly maxArtifactSize: number;
  readonly control: string | undefined;
  readonly watch: boolean;
  readonly debug: boolean | undefined;
}

/** Throws a `RangeError` for a time or number that makes no sense. */
export function fillOptions<Extension>(options: SwapperOptions<Extension>): FilledOptions<Extension> {
  return {
    logger: containedLogger(options.logger ?? defaultLogger()),
    freeDelay: duration("freeDelay", options.freeDelay, 15_000),
    drainTimeout: duration("drainTimeout", options.drainTimeout, 300_000),
    hookTimeout: duration("hookTimeout", options.hookTimeout, 30_000),
    leakAfter: duration("leakAfter", options.leakAfter, 60_000),
    history: amount("history", options.history, 5),
    holdTimeout: duration("holdTimeout", options.holdTimeout, 60_000),
    reloadCallback: options.reloadCallback,
    onPluginError: options.onPluginError,
    observe: observed(options.observe),
    newExtension: options.newExtension,
    staticPlugins: options.staticPlugins,
    whitelist: options.whitelist,
    root: realPath(
      options.root === undefined
        ? (nearest(dirname(Bun.main), "package.json") ?? process.cwd())
        : resolve(options.root),
    ),
    vault: {
      ...options.vault,
      flushInterval: amount("vault.flushInterval", options.vault?.flushInterval, 1000),
    },
    asyncContext: options.asyncContext ?? true,
    trust: keys(options.trust),
    maxArtifactSize: amount("maxArtifactSize", options.maxArtifactSize, MAX_ARTIFACT_SIZE),
    control: options.control,
    watch: options.watch ?? false,
    debug: options.debug,
  };
}

/** The longest time that a timer can wait, in ms: 24.8 days. It would end at once if it were longer. */
const LONGEST = 2 ** 31 - 1;

function duration(name: string, value: number | undefined, fallback: number): number {
  const time = amount(name, value, fallback);
  if (time <= LONGEST) return time;
  throw new RangeError(`${name} must be at most ${LONGEST} ms (24 days), not ${time}`);
}

function amount(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isFinite(value) && value >= 0) return value;
  throw new RangeError(`${name} must be a number of 0 or more, not ${value}`);
}

function observed(value: "errors" | "calls" = "errors"): "errors" | "calls" {
  if (value === "errors" || value === "calls") return value;
  throw new RangeError(`observe must be "errors" or "calls", not ${Bun.inspect(value)}`);
}

function keys(trust: readonly (string | TrustedKey)[] | undefined): readonly (string | TrustedKey)[] | undefined {
  if (trust?.length !== 0) return trust;
  throw new RangeError("trust names no key, and nothing could be loaded: name one, or leave trust out");
}

/**
 * Builds name the project's files from its real path. A folder that does not exist has only the path that was given.
 */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync.native(path) : path;
}
