import type { Fleet, FleetStatus, Release, Rollout } from "../../fleet/index.ts";

/** How far one member is with the round that is under way. */
export type Vote = "asked" | "ready" | "refused" | "swapped";

/** What the fleet's page shows: all of it comes from the store. */
export interface FleetView {
  readonly status: FleetStatus;
  /** The newest first. */
  readonly releases: readonly Release[];
  /** The newest first. */
  readonly rollouts: readonly Rollout[];
  /** By member: what it said in the round that is under way, or in the last one of the newest rollout. */
  readonly votes: Readonly<Record<string, Vote>>;
}

/** How many releases and rollouts are shown. */
const SHOWN = 20;

/** Looks at a fleet. Rejects with `HOTSWAP_STORE_FAILED` when the store cannot be asked. */
export async function viewOf(fleet: Fleet): Promise<FleetView> {
  const [status, releases, rollouts] = await Promise.all([fleet.status(), fleet.releases(), fleet.rollouts()]);
  const newest = rollouts.toReversed().slice(0, SHOWN);
  const current = status.head.rollout ?? newest[0];
  return {
    status,
    releases: releases.toReversed().slice(0, SHOWN),
    rollouts: newest,
    votes: current === undefined ? {} : await fleet.votes(current),
  };
}
