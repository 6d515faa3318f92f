import type { Fleet } from "../fleet.ts";
import { ballots, type Decision, decisionAt, HEAD, type Head, headOf, parse, roundOf } from "../protocol/records.ts";

/** What a member saw of the store, and when it asked. */
export interface Look {
  readonly head: Head;
  readonly version: number;
  /** The store's clock. */
  readonly now: number;
  /** The round that the rest is about. */
  readonly round: string | undefined;
  readonly decision: Decision | undefined;
  /** The round is the one under way, and the member is one of those that it asked. */
  readonly isAsked: boolean;
  /** By `performance.now()`. */
  readonly askedAt: number;
}

/** Reads that one look may take; a round may begin between two of them. */
const MOST_READS = 3;

/**
 * Looks at the head and at the round that is under way. When the member holds a set for another round, looks at that
 * round instead, until its decision is known. It is one read when `expected` is that round.
 */
export async function look(
  fleet: Fleet,
  member: string,
  { held, expected }: { readonly held: string | undefined; readonly expected: string | undefined },
): Promise<Look> {
  let round = held ?? expected;
  for (let reads = 1; ; reads++) {
    const askedAt = performance.now();
    const about = round ?? "none";
    const asked = { collection: ballots("asked", about), key: member };
    const { now, docs } = await fleet.store.read(fleet.name, [HEAD, decisionAt(about), asked]);
    const [headDoc, decisionDoc, askedDoc] = docs;
    const head = headOf(headDoc);
    const current = head.rollout === null ? undefined : roundOf(head.rollout);
    if (held !== undefined || current === undefined || current === round || reads === MOST_READS) {
      const decision = decisionDoc === undefined ? undefined : parse<Decision>(decisionDoc);
      const isAsked = askedDoc !== undefined && current === round;
      return { head, version: headDoc?.version ?? 0, now, round, decision, isAsked, askedAt };
    }
    round = current;
  }
}
