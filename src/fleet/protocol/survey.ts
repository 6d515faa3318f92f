import type { FleetStore, Leases } from "../store/fleet-store.ts";
import { isLastStep, type Move } from "./move.ts";
import {
  type Ballot,
  type BallotKind,
  ballots,
  type Failure,
  HEAD,
  type Head,
  headOf,
  type MemberReport,
  parse,
  type Rollout,
  roundOf,
  unwell,
} from "./records.ts";

/** A fleet in a store. */
export interface Place {
  readonly store: FleetStore;
  readonly name: string;
}

/** What can be done for a rollout now: a move, or the next step, whose members are still to be chosen. */
export type Due = { readonly move: Move } | { readonly nextStepOf: Rollout };

export interface Survey {
  readonly head: Head;
  /** `undefined`: it waits for members or time. */
  readonly due: Due | undefined;
}

/**
 * Looks at the rollout that is under way as a whole: votes, leases, deadlines, by the store's clock. Nobody's task in
 * particular: whoever looks may move it on.
 */
export async function survey(place: Place): Promise<Survey> {
  const { now, docs } = await place.store.read(place.name, [HEAD]);
  const head = headOf(docs[0]);
  if (head.rollout === null) return { head, due: undefined };
  return { head, due: await dueOf(place, head.rollout, now) };
}

/** Ids of the members that were told to swap to a rollout's release and still have their leases. */
export async function haveSwapped({ store, name }: Place, rollout: Rollout): Promise<string[]> {
  const lists = rollout.swapped.map((round) => store.list(name, ballots("ready", `${rollout.id}.${round}`)));
  const [{ now, rows }, ...rounds] = await Promise.all([store.leases(name), ...lists]);
  const told = new Set(rounds.flat().map(({ key }) => key));
  return rows.filter(({ id, expires }) => expires > now && told.has(id)).map(({ id }) => id);
}

async function dueOf(place: Place, rollout: Rollout, now: number): Promise<Due | undefined> {
  switch (rollout.state.is) {
    case "preparing":
      return preparing(place, rollout, now > rollout.state.deadline);
    case "returning":
      return returning(place, rollout, now > rollout.state.deadline);
    case "swapping":
      return swapping(place, rollout, now > rollout.state.deadline);
    case "watching":
    case "paused":
      return watching(place, rollout, now);
    case "committed":
    case "aborted":
    case "went back":
      return undefined;
    default:
      return rollout.state satisfies never;
  }
}

async function preparing(place: Place, rollout: Rollout, late: boolean): Promise<Due | undefined> {
  const round = roundOf(rollout);
  const abort = (failure: Failure): Due => ({ move: { type: "decide", round, verdict: "abort", failure } });
  const { pending, refused, leases } = await votes(place, round);
  if (refused !== undefined) return abort(refused);
  const { gone, waiting } = byLease(pending, leases);
  const [first] = gone;
  if (first !== undefined && gone.length > rollout.strategy.tolerate) {
    return abort({ member: first, message: `its lease ended before it voted${others(gone)}` });
  }
  if (waiting.length === 0) return { move: { type: "decide", round, verdict: "commit" } };
  const [slow] = waiting;
  if (!late || slow === undefined) return undefined;
  return abort({ member: slow, message: `did not vote within ${rollout.strategy.timeout / 1000} s${others(waiting)}` });
}

/** Members that can go back do so. The fleet's release is the committed one, and the others follow by themselves. */
async function returning(place: Place, rollout: Rollout, late: boolean): Promise<Due | undefined> {
  const round = roundOf(rollout);
  const { pending, leases } = await votes(place, round);
  const { waiting } = byLease(pending, leases);
  return waiting.length === 0 || late ? { move: { type: "decide", round, verdict: "commit" } } : undefined;
}

async function swapping(place: Place, rollout: Rollout, late: boolean): Promise<Due | undefined> {
  const round = roundOf(rollout);
  const [ready, swapped, leases] = await Promise.all([
    keys(place, "ready", round),
    keys(place, "swapped", round),
    place.store.leases(place.name),
  ]);
  const { gone, waiting } = byLease(ready.difference(swapped), leases);
  const [lost] = gone;
  if (lost !== undefined && rollout.strategy.watch > 0) {
    return goBack(place, rollout, { member: lost, message: `its lease ended before it swapped${others(gone)}` });
  }
  if (waiting.length === 0) return { move: { type: "swapped", round } };
  const [slow] = waiting;
  if (!late || slow === undefined) return undefined;
  return goBack(place, rollout, {
    member: slow,
    message: `did not swap within ${rollout.strategy.timeout / 1000} s${others(waiting)}`,
  });
}

async function watching(place: Place, rollout: Rollout, now: number): Promise<Due | undefined> {
  const { store, name } = place;
  const { state } = rollout;
  if (rollout.failure !== undefined) return goBack(place, rollout, rollout.failure);
  const lists = rollout.swapped.map((round) => keys(place, "ready", `${rollout.id}.${round}`));
  const [complaints, leases, ...rounds] = await Promise.all([
    store.list(name, unwell(rollout.id)),
    store.leases(name),
    ...lists,
  ]);
  const [complaint] = complaints;
  if (complaint !== undefined) return goBack(place, rollout, parse<Failure>(complaint));
  const told = rounds.reduce((all, round) => all.union(round), new Set<string>());
  for (const { id, text, expires } of rollout.strategy.watch > 0 ? leases.rows : []) {
    if (!told.has(id)) continue;
    if (expires <= leases.now) {
      return goBack(place, rollout, { member: id, message: "its lease ended while it was watched" });
    }
    const { runs } = JSON.parse(text) as MemberReport;
    if (runs === rollout.release) continue;
    const what = runs === null ? "what lies in its folder" : `release ${runs}`;
    return goBack(place, rollout, { member: id, message: `runs ${what} again: was it restarted?` });
  }
  if (state.is !== "watching" || now < state.until) return undefined;
  if (rollout.hold || isLastStep(rollout)) return { move: { type: "watched", round: roundOf(rollout) } };
  return { nextStepOf: rollout };
}

async function goBack(place: Place, rollout: Rollout, failure: Failure): Promise<Due> {
  const participants = await haveSwapped(place, rollout);
  return { move: { type: "return", round: roundOf(rollout), failure, participants } };
}

interface Votes {
  /** Who was asked and has not voted. */
  readonly pending: ReadonlySet<string>;
  /** Why the first of those that refused did so. */
  readonly refused: Failure | undefined;
  readonly leases: Leases;
}

async function votes(place: Place, round: string): Promise<Votes> {
  const { store, name } = place;
  const [asked, ready, refused, leases] = await Promise.all([
    keys(place, "asked", round),
    keys(place, "ready", round),
    store.list(name, ballots("refused", round)),
    store.leases(name),
  ]);
  const pending = asked.difference(ready).difference(new Set(refused.map(({ key }) => key)));
  const [first] = refused;
  return { pending, refused: first === undefined ? undefined : parse<Ballot>(first).failure, leases };
}

/** Members whose lease ended, and those who can still act. Who left in order is neither. */
function byLease(members: ReadonlySet<string>, { now, rows }: Leases): { gone: string[]; waiting: string[] } {
  const there = rows.filter(({ id }) => members.has(id));
  return {
    gone: there.filter(({ expires }) => expires <= now).map(({ id }) => id),
    waiting: there.filter(({ expires }) => expires > now).map(({ id }) => id),
  };
}

async function keys({ store, name }: Place, kind: BallotKind, round: string): Promise<Set<string>> {
  return new Set((await store.list(name, ballots(kind, round))).map(({ key }) => key));
}

function others(members: readonly string[]): string {
  return members.length > 1 ? `, and so with ${members.length - 1} more` : "";
}
