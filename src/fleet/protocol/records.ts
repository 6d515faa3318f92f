import type { Signature } from "../../artifact/signature.ts";
import type { Address, Doc } from "../store/fleet-store.ts";

/** An immutable set of artifacts. */
export interface Release {
  /** Counts the releases of a fleet, from 1. */
  readonly number: number;
  /** By the plugins' names. */
  readonly plugins: Readonly<Record<string, ReleasedArtifact>>;
  readonly by: string;
  /** Milliseconds since 1970 by the store's clock. */
  readonly at: number;
  readonly note: string;
  /** The artifact format that a member must be able to load. */
  readonly format: number;
  /** Who vouches for it. */
  readonly signature?: Signature;
}

/** One plugin of a release. */
export interface ReleasedArtifact {
  /** The artifact's identity, which does not cover its signature. */
  readonly hash: string;
  /** SHA-256 of its bytes, by which the store and members keep it. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
}

/** Which members a step of a rollout is for, besides those of the steps before it. */
export type Step =
  | { readonly count: number }
  | { readonly label: string; readonly value: string }
  | { readonly percent: number };

/** How a rollout goes about it. Times are in ms. */
export interface Strategy {
  /** The last one is always everybody. */
  readonly steps: readonly Step[];
  /** How long members are watched after each step; 0: not at all. */
  readonly watch: number;
  /** Uncaught plugin errors on one member while it is watched, above which it is unhealthy. */
  readonly maxErrors: number;
  /** How many participants of a step may lose their lease before they voted. */
  readonly tolerate: number;
  /** How long the participants of a step have to vote, and then to swap. */
  readonly timeout: number;
}

/** What went wrong on a member. */
export interface Failure {
  readonly member?: string;
  readonly plugin?: string;
  readonly phase?: string;
  readonly code?: string;
  readonly message: string;
}

/**
 * Where a rollout stands. A round is one two-phase attempt over a part of the fleet; `participants` is how many members it
 * asked, `deadline` and `until` are times of the store's clock.
 *
 *     preparing ──commit──▶ swapping ──all swapped──▶ watching ──watch over──▶ preparing (next step) … ──▶ committed
 *         │ abort              │ unhealthy                │ │ hold            │ unhealthy
 *         ▼                    ▼                          ▼ └──▶ paused ──────┤
 *      aborted (step 1)     returning ◀───────────────────────────────────────┘
 *                              └──all voted or deadline──▶ went back
 */
export type RolloutState =
  | { readonly is: "preparing"; readonly participants: number; readonly deadline: number }
  | { readonly is: "swapping"; readonly participants: number; readonly deadline: number }
  | { readonly is: "watching"; readonly until: number }
  | { readonly is: "paused" }
  | { readonly is: "returning"; readonly participants: number; readonly deadline: number }
  | { readonly is: "committed" | "aborted" | "went back"; readonly at: number };

/** One attempt to make a release the fleet's. */
export interface Rollout {
  /** Counts the rollouts of a fleet, from 1. */
  readonly id: number;
  readonly release: number;
  /** The fleet's release when it began; `null`: members ran what lay in their folders. */
  readonly from: number | null;
  readonly by: string;
  readonly at: number;
  readonly strategy: Strategy;
  /** How many members were alive when it began. */
  readonly members: number;
  /** Index of the step. */
  readonly step: number;
  /** Counts the rounds of this rollout, from 1. */
  readonly round: number;
  /** The rounds whose members were told to swap to the release. */
  readonly swapped: readonly number[];
  /** It does not go on to the next step. */
  readonly hold: boolean;
  readonly state: RolloutState;
  /** Why it did not become the fleet's release. */
  readonly failure?: Failure;
}

/** The one document that every transition replaces by compare-and-set. */
export interface Head {
  /** The release that the fleet runs; `null` before the first: what lies in each member's own folder. */
  readonly committed: number | null;
  /** The one before it. */
  readonly previous: number | null;
  /** Numbers of the newest release and rollout. */
  readonly releases: number;
  readonly rollouts: number;
  /** The rollout that is under way. */
  readonly rollout: Rollout | null;
}

export type Verdict = "commit" | "abort";

export interface Decision {
  readonly verdict: Verdict;
  /** Milliseconds since 1970 by the store's clock. */
  readonly at: number;
  readonly failure?: Failure;
}

/** A member's answer to a round, and what it did then. Times of its own clock, in ms since 1970; durations in ms. */
export interface Ballot {
  readonly at: number;
  readonly failure?: Failure;
  readonly fetch?: number;
  readonly prepare?: number;
}

/** What a member says of itself with each heartbeat. */
export interface MemberReport {
  readonly labels: Readonly<Record<string, string>>;
  readonly host: string;
  readonly pid: number;
  /** `null`: what lies in its own folder. */
  readonly runs: number | null;
  readonly state: MemberState;
  /** Why it is behind. */
  readonly failure?: Failure;
}

/** `behind`: it does not run what it should, and tries again. */
export type MemberState = "serving" | "behind";

export const EMPTY_HEAD: Head = { committed: null, previous: null, releases: 0, rollouts: 0, rollout: null };

export const HEAD: Address = { collection: "head", key: "head" };

export const RELEASES = "releases";
export const ROLLOUTS = "rollouts";
export const DECISIONS = "decisions";

export function releaseAt(number: number): Address {
  return { collection: RELEASES, key: padded(number) };
}

export function rolloutAt(id: number): Address {
  return { collection: ROLLOUTS, key: padded(id) };
}

/** `12.1`: the first round of rollout 12. */
export function roundOf({ id, round }: Pick<Rollout, "id" | "round">): string {
  return `${id}.${round}`;
}

export function decisionAt(round: string): Address {
  return { collection: DECISIONS, key: round };
}

/** What members say in a round; each has a document of its own, so that nobody waits for another. */
export type BallotKind = "asked" | "ready" | "refused" | "swapped";

export function ballots(kind: BallotKind, round: string): string {
  return `${kind}/${round}`;
}

/** Members that say that they are unhealthy while a rollout is watched. */
export function unwell(rollout: number): string {
  return `unwell/${rollout}`;
}

export function parse<Value>(doc: Doc): Value {
  return JSON.parse(doc.text) as Value;
}

export function headOf(doc: Doc | undefined): Head {
  return doc === undefined ? EMPTY_HEAD : parse<Head>(doc);
}

/** Sorted as text it is sorted as a number. */
function padded(number: number): string {
  return String(number).padStart(9, "0");
}
