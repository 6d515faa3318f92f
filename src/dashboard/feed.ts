import type { GenerationState } from "../generation/generation-record.ts";
import type { ReloadKind, ReloadPhase } from "../reload/reload-log.ts";
import type { Reload, Status, VaultKeys } from "../control/protocol.ts";

/*
 * What the dashboard's server tells the page: one server-sent event for each part of the feed, named after it, whenever
 * that part changes; a new viewer gets all parts at once. Types only: both sides of the wire read this file.
 */

/** All parts of the feed. Points in time are ms since 1970. */
export interface Feed {
  readonly settings: Settings;
  readonly host: HostState;
  /** `null` until the host answered for the first time. */
  readonly status: HostStatus | null;
  readonly generations: readonly GenerationSpan[];
  /** Oldest first. */
  readonly reloads: readonly Reload[];
  readonly vault: VaultKeys | null;
  /** The reload that is under way. */
  readonly running: RunningReload | null;
}

export type FeedPart = keyof Feed;

export interface Settings {
  /** Whether the page may ask for a reload or rollback. */
  readonly allowReload: boolean;
  /** What the dashboard looks at, for people: a socket's path. */
  readonly target: string;
}

/** Whether the host answers. What was last known of it stays in the other parts. */
export type HostState =
  | { readonly state: "connecting" }
  | { readonly state: "up"; readonly since: number }
  | { readonly state: "gone"; readonly since: number; readonly reason: string };

/** The host's own status; its uptime as the moment it started at, which does not change all the time. */
export interface HostStatus extends Omit<Status, "uptime"> {
  readonly startedAt: number;
}

/** `collected`: its memory was given back, and the host does not know of it any more. */
export type SpanState = GenerationState | "collected";

/** The life of one generation, as far as it is known. */
export interface GenerationSpan {
  readonly plugin: string;
  readonly number: number;
  readonly hash: string;
  readonly state: SpanState;
  /** Freed, and still referred to by something after `leakAfter`. */
  readonly leaked: boolean;
  /** Calls under way. */
  readonly calls: number;
  /** When it came into each state that it has been in. */
  readonly reached: Readonly<Partial<Record<SpanState, number>>>;
}

export interface RunningReload {
  readonly id: number;
  readonly kind: ReloadKind;
  readonly startedAt: number;
  /** `null` before the first step. */
  readonly phase: ReloadPhase | null;
  /** Plugins that the step is over for. */
  readonly done: number;
  /** Plugins that the step has to deal with; 0 when it deals with the set as a whole. */
  readonly total: number;
}
