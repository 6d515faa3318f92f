/** The steps of a load or reload, in the order in which they run (SPEC 3.1, 3.7). */
export type Phase =
  | "scan"
  | "load"
  | "reloadable"
  | "export"
  | "import"
  | "link"
  | "onLoad"
  | "vault"
  | "onInit"
  | "callback";

/**
 * Every error code with what it means. A test pins the list, docs/errors.md has a row for each with its cause and cure,
 * and the type {@link ErrorCode} is derived from it.
 */
export const errorCodes = {
  HOTSWAP_PLUGIN_DIR_NOT_FOUND: "the plugin folder does not exist or cannot be read",
  HOTSWAP_DUPLICATE_PLUGIN: "two artifacts carry the same plugin name",
  HOTSWAP_WHITELIST_MISSING: "plugins of the whitelist have no artifact",
  HOTSWAP_INVALID_ARTIFACT: "a file in the plugin folder is not an intact artifact of this format",
  HOTSWAP_NOT_A_FILE: "what is named like an artifact is a folder, a pipe, a device or a socket",
  HOTSWAP_TOO_LARGE: "an artifact is larger than maxArtifactSize, or a value than maxValueSize",
  HOTSWAP_UNTRUSTED: "an artifact is not signed by a key that trust names, or a key cannot be used",
  HOTSWAP_COPY_FAILED: "the private copy of an artifact could not be written, or was lost",
  HOTSWAP_NOT_A_PLUGIN: "the default export of a root module is not made by definePlugin",
  HOTSWAP_INVALID_HOOK: "a hook is unknown, of the wrong type, or asynchronous where it must not be",
  HOTSWAP_INVALID_IMPORT: "import() did not return an object, or a plugin imports what is not its own",
  HOTSWAP_UNKNOWN_DEPENDENCY: "a slot names a plugin that is not in the set",
  HOTSWAP_NOT_ASSIGNABLE: "an export lacks a member that a slot requires",
  HOTSWAP_CYCLIC_DEPENDENCY: "plugins depend on each other in a circle",
  HOTSWAP_DEPENDENCY_RELOADABLE: "a plugin that is not reloadable depends on one that is",
  HOTSWAP_NOT_LINKED: "a dependency slot was used before the plugins were linked",
  HOTSWAP_DUPLICATE_LIVE_FUNC: "two plugins have a live function of one name",
  HOTSWAP_DUPLICATE_LIVE_TYPE: "two plugins have a live type of one name",
  HOTSWAP_DUPLICATE_ENTRY: "two plugins register one key in one registry",
  HOTSWAP_HOOK_FAILED: "a plugin's module or hook threw or rejected",
  HOTSWAP_INTRINSIC_CHANGED: "a plugin overwrote a part of the language that all code of the process shares",
  HOTSWAP_HOOK_TIMEOUT: "a plugin's module or hook did not finish within hookTimeout",
  HOTSWAP_CALLBACK_FAILED: "a reload callback, or the factory of the extension, threw or rejected",
  HOTSWAP_STATIC_MODE: "statically linked plugins cannot be reloaded",
  HOTSWAP_UNKNOWN_FUNCTION: "a plugin has no function of this name",
  HOTSWAP_UNKNOWN_SYMBOL: "a plugin's root module has no export of this name",
  HOTSWAP_FREED: "a plugin, set or handle was used after it was freed",
  HOTSWAP_CLOSED: "the swapper was used after close()",
  HOTSWAP_NOT_SERIALIZABLE: "a value cannot be stored in the vault",
  HOTSWAP_MIGRATION_FAILED: "stored data could not be brought to the shape that the code expects",
  HOTSWAP_STORE_FAILED: "the store behind a data bag or a fleet could not be opened, read or written",
  HOTSWAP_NOTHING_TO_ROLL_BACK: "there is no earlier set to go back to",
  HOTSWAP_CONTROL_FAILED:
    "a host's control socket could not be opened, nobody answers on it, or it refuses what it was asked",
  HOTSWAP_REENTRANT: "a hook or callback of a reload waits for a reload, rollback or close of its own swapper",
  HOTSWAP_PREPARED_EXPIRED: "a prepared reload was aborted, or held longer than holdTimeout",
  HOTSWAP_FLEET_FAILED:
    "a fleet cannot do what it was asked for, or a member cannot have the release that it should run",
  HOTSWAP_DEV_RUNNING: "another `hotswap dev` runs for the same output folder",
  HOTSWAP_BUILD_FAILED: "a plugin could not be built",
  HOTSWAP_UNSUPPORTED_BUN: "this Bun has no Bun.ModuleGraph, or its bundler prints what hotswap cannot read",
} as const;

/** One of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

export interface HotswapErrorOptions {
  /** Name of the plugin the error is about. */
  plugin?: string | undefined;
  /** The step of a load or reload that failed. */
  phase?: Phase | undefined;
  /** The original error. */
  cause?: unknown;
}

/** The one error class of hotswap: branch on {@link HotswapError.code}, show `message`. */
export class HotswapError extends Error {
  override readonly name = "HotswapError";
  readonly code: ErrorCode;
  readonly plugin: string | undefined;
  readonly phase: Phase | undefined;

  constructor(code: ErrorCode, message: string, options: HotswapErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.plugin = options.plugin;
    this.phase = options.phase;
  }
}

/** One line that says what `error` is, whatever was thrown. Never throws. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof Error) return String(error.message || error.name);
    if (typeof error === "string") return error;
    return Bun.inspect(error);
  } catch {
    // A getter or a proxy of the thrown value threw in its turn.
    return "a thrown value that cannot be shown";
  }
}

/**
 * Whether `error` is one of ours. Never throws, even when a plugin threw an object that throws when it is looked at.
 */
export function isHotswapError(error: unknown): error is HotswapError {
  try {
    return error instanceof HotswapError;
  } catch {
    return false;
  }
}

/**
 * `error` as one of ours that names plugin and phase: itself when it is one, or else `HOTSWAP_HOOK_FAILED`, saying that `what`
 * failed. For whatever code of a plugin may run in: a getter, a trap of a proxy, a constructor.
 */
export function pluginFailure(error: unknown, what: string, options: HotswapErrorOptions): HotswapError {
  if (isHotswapError(error)) {
    if (error.plugin !== undefined || options.plugin === undefined) return error;
    return new HotswapError(error.code, error.message, { phase: error.phase, ...options, cause: error.cause });
  }
  return new HotswapError("HOTSWAP_HOOK_FAILED", `${what} failed: ${describeError(error)}`, {
    ...options,
    cause: error,
  });
}

/**
 * An error with the same text as `error` that holds nothing else. The original and its causes may refer to a plugin's
 * code, which must not be kept after it was freed.
 */
export function detachedError(error: unknown): Error {
  const detached = withoutCause(error);
  detached.stack = originalStack(error) ?? detached.stack ?? "";
  return detached;
}

/** The stack of the error at the beginning of the chain of causes; `undefined` when it has none. Never throws. */
export function originalStack(error: unknown): string | undefined {
  try {
    let original = error;
    for (let depth = 0; depth < MOST_CAUSES && original instanceof Error && original.cause instanceof Error; depth++) {
      original = original.cause;
    }
    return original instanceof Error && typeof original.stack === "string" ? original.stack : undefined;
  } catch {
    return undefined;
  }
}

/** A chain of causes may lead back to its beginning. */
const MOST_CAUSES = 100;

function withoutCause(error: unknown): Error {
  if (!isHotswapError(error)) return new Error(describeError(error));
  const { code, message, plugin, phase } = error;
  return new HotswapError(code, message, { plugin, phase });
}
