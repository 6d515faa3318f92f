/**
 * Many hosts that reload as one.
 *
 * @module hotswap/fleet
 */
/*
 * The rooms of this folder:
 *
 *   store/      what a fleet needs of a database, and the three that have it: documents with versions, leases by the store's
 *               clock, artifacts by their hash, hints. A store knows nothing of what follows.
 *   protocol/   the documents (records.ts), the one place that moves a rollout from state to state (move.ts, pure), and what
 *               can be done for one now (survey.ts, reads only).
 *   fleet.ts    what operators do: roll, abort, pause, …; each is one compare-and-set of the head. publish.ts and prune.ts: releases.
 *   member/     a host's side: its lease (lease.ts), its loop (member.ts), what it runs (host-side.ts), what lies on its disk
 *               (release-folder.ts), and how it is (health.ts).
 *
 * The head is one document, replaced by compare-and-set only. What a round's decision is stands in a document of its own that
 * is written with the head in one transaction, and never again. Votes are one document for each member, so that nobody waits
 * for another. No process is special: whoever wrote the last vote decides, and a few members look after the rest by polling.
 */
export { Fleet, type FleetStatus, type MemberInfo, type RollOptions } from "./fleet.ts";
export { FleetMember, joinFleet } from "./member/member.ts";
export type { JoinOptions } from "./member/options.ts";
export type { FleetSwapper, PreparedSet } from "./member/reloading.ts";
export { isOver } from "./protocol/move.ts";
export type {
  Failure,
  Head,
  MemberReport,
  Release,
  ReleasedArtifact,
  Rollout,
  RolloutState,
  Step,
  Strategy,
} from "./protocol/records.ts";
export { prune, type Pruned, type PruneOptions } from "./prune.ts";
export { publish, type PublishOptions } from "./publish.ts";
export type { FleetStore } from "./store/fleet-store.ts";
export { fleetStore } from "./store/open-store.ts";
export { postgresFleet } from "./store/postgres-fleet.ts";
export { redisFleet } from "./store/redis-fleet.ts";
export { sqliteFleet } from "./store/sqlite-fleet.ts";
