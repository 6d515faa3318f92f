import type { ErrorCode, Phase } from "../errors.ts";
import type { ExplainedState } from "../generation/explanation.ts";
import type { ReloadNote } from "../link/note.ts";
import type { GenerationInfo } from "../generation/generation-record.ts";
import type { ErrorGroup } from "../generation/error-log.ts";
import type { Place } from "../place.ts";
import type { PhaseTimings } from "../plan/details.ts";
import type { ProbationState } from "../plan/probation-state.ts";
import type { SwapperMetrics } from "../reload/metrics.ts";
import type { ReloadKind, ReloadPhase } from "../reload/reload-log.ts";

/*
 * What a running host says over its control socket: HTTP with JSON bodies. Times are ISO 8601, durations ms. An answer
 * with another status than 2xx is a Failure.
 *
 *   GET  /status                         Status
 *   GET  /plan[?rehearse=true]           Plan
 *   GET  /generations                    Generations
 *   GET  /explain?plugin=P&number=N      Explained
 *   GET  /reloads                        Reloads
 *   GET  /metrics                        Metrics
 *   GET  /vault                          VaultKeys
 *   GET  /vault/value?key=K              VaultValue
 *   GET  /vault/stored?key=K             StoredValue
 *   GET  /events                         ControlEvent after ControlEvent, as server-sent events without a name
 *   POST /reload[?probation=MS&maxErrors=N]
 *                                        Reload; a reload that failed has the status 409, and is a Reload as well
 *   POST /rollback                       the same
 *
 * A POST with `accept: application/x-ndjson` answers 200 and one ReloadEvent a line while the reload runs (and while it
 * waits for another one); the last line is a ReloadEnd, or a ReloadRefused.
 */

/** Version of this protocol; a client refuses another. */
export const PROTOCOL = 1;

/** Answer to `GET /status`. */
export interface Status {
  readonly protocol: typeof PROTOCOL;
  /** Version of hotswap in the host. */
  readonly hotswap: string;
  readonly bun: string;
  readonly pid: number;
  /** Of the host's process, in ms. */
  readonly uptime: number;
  /** Absolute path; empty when the plugins are linked statically and no folder was given. */
  readonly pluginDir: string;
  readonly reloadCounter: number;
  /** Whether the plugins are linked statically, and cannot be reloaded. */
  readonly static: boolean;
  /** Whether there is a current set. */
  readonly loaded: boolean;
  /** Dependencies first. */
  readonly plugins: readonly PluginStatus[];
  /** The open WebSockets of its servers: those that meet new code, and those that stay with the set that opened them. */
  readonly sockets: { readonly carried: number; readonly pinned: number };
  /** The newest load, reload or rollback that is over. */
  readonly lastReload: Reload | null;
  /** The newest probation, over or not. */
  readonly probation: Probation | null;
  /** Errors of plugins that are alike, the newest first; at most 100. */
  readonly errors: readonly ErrorReport[];
  /** Generations that were freed, and that something still referred to after `leakAfter`. */
  readonly leaked: readonly { readonly plugin: string; readonly generation: number }[];
}

export interface PluginStatus {
  readonly name: string;
  /** Path of the artifact; empty when the plugin is linked statically. */
  readonly file: string;
  readonly hash: string;
  /** What the reload that made the current set did with it. */
  readonly note: ReloadNote;
  /** Counts the generations of this plugin, from 1. */
  readonly generation: number;
  readonly loadedAt: string;
  /** What `reloadable()` returned. */
  readonly reloadable: boolean;
  /** Plugins that it depends on, sorted by name. */
  readonly deps: readonly string[];
  /** Names of its functions, sorted; empty for a plugin with an `invokeFunc` of its own. */
  readonly functions: readonly string[];
  /** Calls under way in this generation. */
  readonly calls: number;
  /** Calls of this generation that threw or rejected. */
  readonly failures: number;
  /** Errors of this generation's background work that nobody caught. */
  readonly uncaught: number;
  /** Calls of this generation so far; `null` unless calls are counted. */
  readonly called: number | null;
  /** Its function with the highest p99, in ms; `null` unless calls are counted, and before one was timed. */
  readonly slowest: { readonly name: string; readonly p99: number } | null;
}

/** Where a probation stands. */
export interface Probation extends Omit<ProbationState, "startedAt" | "reason"> {
  readonly startedAt: string;
  readonly reason: string | null;
}

/** Errors of one generation that are alike. */
export interface ErrorReport extends Omit<ErrorGroup, "function" | "place" | "firstAt" | "lastAt"> {
  readonly function: string | null;
  readonly place: Place | null;
  /** The source around the place, with the column marked; `null` where the source is not there. */
  readonly excerpt: string | null;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Answer to `GET /metrics`: what the host's `metrics()` returns. */
export interface Metrics extends Omit<SwapperMetrics, "errors"> {
  readonly errors: readonly ErrorReport[];
}

/** Answer to `GET /generations`: every generation that is not yet collected. */
export interface Generations {
  readonly generations: readonly GenerationStatus[];
}

/** A generation as the host lists it: nothing in it needs another form on the wire. */
export type GenerationStatus = GenerationInfo;

/** Answer to `GET /explain?plugin=P&number=N`: why a generation is still in memory, or that it is not. */
export interface Explained {
  readonly plugin: string;
  readonly number: number;
  readonly state: ExplainedState;
  /** The shortest path of references from something of the host to the generation's code; empty when there is none. */
  readonly path: readonly string[];
  /** Collections that cannot be looked into, one of which may hold it. */
  readonly suspects: readonly string[];
  /** All of it, for people. */
  readonly text: string;
}

/** Answer to `GET /reloads`: the newest loads, reloads and rollbacks that are over, oldest first. */
export interface Reloads {
  readonly reloads: readonly Reload[];
}

/** A load, reload or rollback that is over. */
export type Reload = {
  /** Counts all attempts of this host, from 1. */
  readonly id: number;
  readonly kind: ReloadKind;
  readonly startedAt: string;
  /** In ms. */
  readonly duration: number;
  /** In ms, by step; of the steps that were begun. */
  readonly timings: PhaseTimings;
} & (
  | {
      readonly ok: true;
      /** The host's `reloadCounter` afterwards. */
      readonly reloadCounter: number;
      /** Sorted by name. */
      readonly notes: readonly NoteOf[];
    }
  | { readonly ok: false; readonly error: WireError }
);

export interface NoteOf {
  readonly name: string;
  readonly note: ReloadNote;
}

/** Answer to `GET /plan`: what a reload would do now, sorted by name. */
export interface Plan {
  readonly plugins: readonly (NoteOf & { readonly reason: string })[];
  /** What would become of older data; `null` when that was not rehearsed. */
  readonly migrations: readonly Migration[] | null;
}

/** What would become of one value of the vault. */
export interface Migration {
  readonly key: string;
  readonly error: WireError | null;
}

/** Answer to `GET /vault`. */
export interface VaultKeys {
  /** Keys of the data bag, sorted. */
  readonly keys: readonly string[];
  readonly liveFuncs: readonly string[];
  readonly liveTypes: readonly string[];
}

/** Answer to `GET /vault/value?key=K`. */
export interface VaultValue {
  readonly key: string;
  /** Whether the data bag has the key. */
  readonly found: boolean;
  /** The value as it would be printed; empty when there is none. */
  readonly text: string;
}

/** Answer to `GET /vault/stored`: what a store would hold, as `hotswap vault --json` reads it from a file. */
export interface StoredValue {
  readonly key: string;
  /** The value in the vault's own JSON form; not there when the data bag does not have the key. */
  readonly value?: unknown;
}

/** An error as it goes over the wire. */
export interface WireError {
  /** `null` when it is not one of hotswap's. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly plugin: string | null;
  readonly phase: Phase | null;
  /** Where the original error was thrown, as the host sees it. */
  readonly stack?: string;
  /** The first place of the stack that is in a source file. */
  readonly place?: Place;
  /** The source around that place, with the column marked. */
  readonly excerpt?: string;
}

/** Body of every answer that is not a success, except that of a failed reload. */
export interface Failure {
  readonly error: WireError;
}

/** One event of `GET /events`: the first is a Hello, and the others follow as it happens. */
export type ControlEvent = Hello | ReloadEvent | GenerationsChanged | ErrorEvent | LeakEvent | ProbationEvent;

/** Plugins' errors that are alike are new, or became more. */
export interface ErrorEvent {
  readonly type: "error";
  readonly error: ErrorReport;
}

/** A generation that was freed is still in memory after `leakAfter`. */
export interface LeakEvent {
  readonly type: "leak";
  readonly plugin: string;
  readonly generation: number;
}

/** A probation began or ended. */
export interface ProbationEvent {
  readonly type: "probation";
  readonly probation: Probation;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: typeof PROTOCOL;
  readonly pid: number;
}

/** A generation changed its state, its calls, or was collected: ask for `/generations` again. At most four a second. */
export interface GenerationsChanged {
  readonly type: "generations";
}

export type ReloadEvent = ReloadStart | ReloadProgress | ReloadEnd;

export interface ReloadStart {
  readonly type: "start";
  readonly id: number;
  readonly kind: ReloadKind;
  readonly startedAt: string;
}

/** At most twenty a second for one step; the first of each step is never left out. */
export interface ReloadProgress {
  readonly type: "progress";
  readonly id: number;
  readonly phase: ReloadPhase;
  /** Plugins that the step is over for. */
  readonly done: number;
  /** Plugins that the step has to deal with; 0 when it deals with the set as a whole. */
  readonly total: number;
}

/** The reload that was asked for did not begin; only ever the last line of an answer. */
export interface ReloadRefused {
  readonly type: "refused";
  readonly error: WireError;
}

export interface ReloadEnd {
  readonly type: "end";
  readonly reload: Reload;
}
