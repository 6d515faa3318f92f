import type { Head } from "../protocol/records.ts";
import type { ReadySet } from "./host-side.ts";

/** A round that a member voted ready in, and whose decision it waits for. */
export interface Held {
  readonly round: string;
  readonly rollout: number;
  readonly release: number | null;
  /** It is the way back. */
  readonly back: boolean;
  readonly ready: ReadySet;
}

/** Whether a decision to swap still counts: the rollout may have failed, and the fleet moved on, since it was made. */
export function isWanted({ back, release, rollout }: Held, head: Head): boolean {
  if (head.committed === release) return true;
  return !back && head.rollout?.id === rollout && head.rollout.failure === undefined;
}
