import type { Address } from "../store/fleet-store.ts";
import {
  ballots,
  decisionAt,
  type Failure,
  type Head,
  type Rollout,
  rolloutAt,
  type RolloutState,
  roundOf,
  type Strategy,
  type Verdict,
} from "./records.ts";

/** What may move a fleet. `participants` are ids of members. */
export type Move =
  | {
      readonly type: "roll";
      readonly release: number;
      readonly by: string;
      readonly strategy: Strategy;
      readonly members: number;
      readonly participants: readonly string[];
    }
  | {
      readonly type: "decide";
      readonly round: string;
      readonly verdict: Verdict;
      readonly failure?: Failure | undefined;
    }
  | { readonly type: "swapped"; readonly round: string }
  | { readonly type: "watched"; readonly round: string }
  | {
      readonly type: "step";
      readonly round: string;
      /** Index of the next step. */
      readonly to: number;
      readonly participants: readonly string[];
      /** An operator does not wait for the end of the watch. */
      readonly promoted?: boolean;
    }
  | {
      readonly type: "return";
      readonly round: string;
      readonly failure: Failure;
      readonly participants: readonly string[];
    }
  | { readonly type: "hold"; readonly id: number; readonly hold: boolean };

/** The head after a move, and what is written in the same transaction. */
export interface Moved {
  readonly head: Head;
  readonly put: readonly (Address & { readonly text: string })[];
}

/**
 * The one place that moves a rollout from state to state. Pure; `now` is the store's clock. `undefined`: the move does not
 * apply to this head, since somebody else made it or another one before.
 */
export function move(head: Head, made: Move, now: number): Moved | undefined {
  if (made.type === "roll") return roll(head, made, now);
  const { rollout } = head;
  if (rollout === null) return undefined;
  switch (made.type) {
    case "decide":
      return made.round === roundOf(rollout) ? decide(head, rollout, made, now) : undefined;
    case "swapped":
      return made.round === roundOf(rollout) && rollout.state.is === "swapping"
        ? at(head, rollout, { is: "watching", until: now + rollout.strategy.watch })
        : undefined;
    case "watched":
      return made.round === roundOf(rollout) ? watched(head, rollout, now) : undefined;
    case "step":
      return made.round === roundOf(rollout) ? step(head, rollout, made, now) : undefined;
    case "return":
      return made.round === roundOf(rollout) ? goBack(head, rollout, made, now) : undefined;
    case "hold":
      return made.id === rollout.id ? hold(head, rollout, made.hold, now) : undefined;
    default:
      return made satisfies never;
  }
}

/** Whether nothing moves a rollout any more. */
export function isOver({ state }: Rollout): boolean {
  return state.is === "committed" || state.is === "aborted" || state.is === "went back";
}

export function isLastStep({ step: index, strategy }: Rollout): boolean {
  return index >= strategy.steps.length - 1;
}

function roll(
  head: Head,
  { release, by, strategy, members, participants }: Move & { type: "roll" },
  now: number,
): Moved | undefined {
  if (head.rollout !== null) return undefined;
  const id = head.rollouts + 1;
  const rollout: Rollout = {
    id,
    release,
    from: head.committed,
    by,
    at: now,
    strategy,
    members,
    step: 0,
    round: 1,
    swapped: [],
    hold: false,
    state: { is: "preparing", participants: participants.length, deadline: now + strategy.timeout },
  };
  return asking({ ...head, rollouts: id }, rollout, participants, now);
}

/** Begins a round. When there are no members to ask, it is decided at once. */
function asking(head: Head, rollout: Rollout, participants: readonly string[], now: number): Moved | undefined {
  const round = roundOf(rollout);
  const moved = at(head, rollout, rollout.state);
  if (participants.length === 0) {
    const decided = decide(head, rollout, { type: "decide", round, verdict: "commit" }, now);
    return decided;
  }
  const collection = ballots("asked", round);
  return { head: moved.head, put: [...moved.put, ...participants.map((key) => ({ collection, key, text: "{}" }))] };
}

function decide(
  head: Head,
  rollout: Rollout,
  { round, verdict, failure }: Move & { type: "decide" },
  now: number,
): Moved | undefined {
  const { state, strategy } = rollout;
  const decision = { ...decisionAt(round), text: JSON.stringify({ verdict, at: now, ...(failure && { failure }) }) };
  if (state.is === "returning") {
    // The way back is decided for whoever is ready; the others follow by themselves.
    return withPut(end(head, rollout, { is: "went back", at: now }), decision);
  }
  if (state.is !== "preparing") return undefined;
  if (verdict === "abort") {
    const failed = failure === undefined ? rollout : { ...rollout, failure };
    if (rollout.swapped.length === 0) return withPut(end(head, failed, { is: "aborted", at: now }), decision);
    // Earlier steps run the release already: whoever sees this asks them to go back.
    return withPut(at(head, { ...failed, hold: true }, { is: "paused" }), decision);
  }
  const swapped = { ...rollout, swapped: [...rollout.swapped, rollout.round] };
  if (isLastStep(rollout) && strategy.watch === 0) {
    return withPut(end(head, swapped, { is: "committed", at: now }), decision);
  }
  const next: RolloutState = { is: "swapping", participants: state.participants, deadline: now + strategy.timeout };
  return withPut(at(head, swapped, next), decision);
}

function watched(head: Head, rollout: Rollout, now: number): Moved | undefined {
  const { state } = rollout;
  if (state.is !== "watching" || now < state.until) return undefined;
  if (rollout.hold) return at(head, rollout, { is: "paused" });
  return isLastStep(rollout) ? end(head, rollout, { is: "committed", at: now }) : undefined;
}

function step(
  head: Head,
  rollout: Rollout,
  { participants, to, promoted = false }: Move & { type: "step" },
  now: number,
): Moved | undefined {
  const { state, strategy } = rollout;
  const mayGoOn =
    (state.is === "paused" && promoted) ||
    (state.is === "watching" && (promoted || (now >= state.until && !rollout.hold)));
  if (!mayGoOn || rollout.failure !== undefined) return undefined;
  if (isLastStep(rollout)) return end(head, rollout, { is: "committed", at: now });
  const next: Rollout = {
    ...rollout,
    step: to,
    round: rollout.round + 1,
    hold: false,
    state: { is: "preparing", participants: participants.length, deadline: now + strategy.timeout },
  };
  return asking(head, next, participants, now);
}

function goBack(
  head: Head,
  rollout: Rollout,
  { failure, participants }: Move & { type: "return" },
  now: number,
): Moved | undefined {
  const { state, strategy } = rollout;
  if (state.is !== "swapping" && state.is !== "watching" && state.is !== "paused") return undefined;
  const back: Rollout = {
    ...rollout,
    round: rollout.round + 1,
    failure: rollout.failure ?? failure,
    state: { is: "returning", participants: participants.length, deadline: now + strategy.timeout },
  };
  return asking(head, back, participants, now);
}

function hold(head: Head, rollout: Rollout, wanted: boolean, now: number): Moved | undefined {
  if (rollout.hold === wanted || rollout.failure !== undefined || rollout.state.is === "returning") return undefined;
  const { state } = rollout;
  if (!wanted && state.is === "paused") {
    // As if its watch had ended just now.
    return at(head, { ...rollout, hold: false }, { is: "watching", until: now });
  }
  return at(head, { ...rollout, hold: wanted }, state);
}

function at(head: Head, rollout: Rollout, state: RolloutState): Moved {
  const next = { ...rollout, state };
  return { head: { ...head, rollout: next }, put: [{ ...rolloutAt(rollout.id), text: JSON.stringify(next) }] };
}

function end(head: Head, rollout: Rollout, state: RolloutState): Moved {
  const moved = at(head, rollout, state);
  const committed =
    state.is === "committed" && head.committed !== rollout.release
      ? { committed: rollout.release, previous: head.committed }
      : {};
  return { head: { ...moved.head, ...committed, rollout: null }, put: moved.put };
}

function withPut(moved: Moved, document: Address & { readonly text: string }): Moved {
  return { head: moved.head, put: [...moved.put, document] };
}
