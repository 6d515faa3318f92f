import { HotswapError } from "../errors.ts";
import { isOver, type Move, move } from "./protocol/move.ts";
import {
  type BallotKind,
  ballots,
  HEAD,
  type Head,
  headOf,
  type MemberReport,
  parse,
  type Release,
  releaseAt,
  RELEASES,
  type Rollout,
  ROLLOUTS,
  roundOf,
  type Strategy,
} from "./protocol/records.ts";
import { membersOf } from "./protocol/steps.ts";
import { haveSwapped, survey } from "./protocol/survey.ts";
import type { Address, FleetStore } from "./store/fleet-store.ts";

/** A member as the store knows it. */
export interface MemberInfo extends MemberReport {
  readonly id: string;
  /** Its lease has not ended. */
  readonly alive: boolean;
  /** What is left of its lease, in ms; less than 0 when it ended. */
  readonly lease: number;
}

/** A fleet at one moment. */
export interface FleetStatus {
  readonly fleet: string;
  readonly store: string;
  /** Milliseconds since 1970 by the store's clock. */
  readonly now: number;
  readonly head: Head;
  readonly members: readonly MemberInfo[];
}

/** What {@link Fleet.roll} may be given. */
export type RollOptions = Partial<Strategy> & { readonly by?: string };

const DEFAULTS: Strategy = { steps: [], watch: 0, maxErrors: 0, tolerate: 0, timeout: 60_000 };

/**
 * How many attempts to replace the head may fail before that is an error. Each failure means that somebody else moved
 * the fleet.
 */
const ATTEMPTS = 50;

const MOVES_AT_ONCE = 10;

/**
 * A fleet in a store: what operators do with it, and what members do for all. Holds nothing but the store, which is the
 * caller's to close.
 */
export class Fleet {
  readonly store: FleetStore;
  readonly name: string;

  constructor(store: FleetStore, name: string) {
    if (!/^[\w.-]{1,64}$/.test(name)) {
      throw fleetFailed(
        `${JSON.stringify(name)} is not the name of a fleet: use up to 64 letters, digits, dots, dashes`,
      );
    }
    this.store = store;
    this.name = name;
  }

  /** Makes a move, unless it no longer applies. Resolves to the head as it is then. */
  async advance(made: Move, expect: readonly (Address & { readonly version: number })[] = []): Promise<Head> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { now, docs } = await this.store.read(this.name, [HEAD, ...expect]);
      const [doc, ...others] = docs;
      const head = headOf(doc);
      if (expect.some(({ version }, index) => (others[index]?.version ?? 0) !== version)) return head;
      const moved = move(head, made, now);
      if (moved === undefined) return head;
      const written = await this.store.write(this.name, {
        expect: [{ ...HEAD, version: doc?.version ?? 0 }, ...expect],
        put: [...moved.put, { ...HEAD, text: JSON.stringify(moved.head) }],
        hint: hintOf(moved.head),
      });
      if (written) return moved.head;
      await Bun.sleep(Math.random() * 5 * (attempt + 1));
    }
    throw fleetFailed(`the fleet ${this.name} was moved by others ${ATTEMPTS} times in a row: try again`);
  }

  /**
   * Begins to make a release the fleet's. Resolves when that is written; the members do the rest. Rejects with
   * `HOTSWAP_FLEET_FAILED` when there is no such release, or another rollout is under way.
   */
  async roll(release: number, { by = operator(), ...strategy }: RollOptions = {}): Promise<Rollout> {
    const steps = strategy.steps ?? [];
    const last = steps.at(-1);
    const everybody = last !== undefined && "percent" in last && last.percent >= 100;
    const filled: Strategy = { ...DEFAULTS, ...strategy, steps: everybody ? steps : [...steps, { percent: 100 }] };
    await this.#finishOverdue();
    const status = await this.status();
    const found = await this.release(release);
    if (found === undefined) throw fleetFailed(await this.#noSuchRelease(release));
    const first = filled.steps[0];
    const alive = status.members.filter((member) => member.alive);
    const participants = first === undefined ? [] : membersOf(first, alive, new Set());
    if (participants.length === 0 && alive.length > 0) {
      throw fleetFailed(`no member of the fleet ${this.name} fits the first step ${JSON.stringify(first)}`);
    }
    const made: Move = { type: "roll", release, by, strategy: filled, members: alive.length, participants };
    const head = await this.advance(made, [{ ...releaseAt(release), version: 1 }]);
    // Find the rollout in spite of what others did meanwhile: it has the id after the one that was seen, this release,
    // and this caller.
    const rollout = head.rollout ?? (await this.rollout(head.rollouts));
    if (
      rollout === undefined ||
      rollout.id <= status.head.rollouts ||
      rollout.by !== by ||
      rollout.release !== release
    ) {
      throw fleetFailed(
        rollout !== undefined && !isOver(rollout)
          ? `rollout ${rollout.id} of release ${rollout.release} by ${rollout.by} is under way (${rollout.state.is}): wait for its end, or abort it`
          : `release ${release} could not be rolled: the fleet ${this.name} changed meanwhile; try again`,
      );
    }
    return rollout;
  }

  /** Rolls the release before the committed one, or `release`. */
  async rollback(release?: number, options: RollOptions = {}): Promise<Rollout> {
    const { head } = await this.status();
    const target = release ?? head.previous;
    if (target === null) throw fleetFailed(`the fleet ${this.name} has no earlier release to go back to`);
    return this.roll(target, options);
  }

  /** Members of a rollout that run its release go back; who prepared it frees it. */
  async abort({ by = operator() }: { readonly by?: string } = {}): Promise<Rollout> {
    const { rollout } = await this.now();
    if (rollout === null) throw this.#nothingUnderWay("abort");
    const failure = { message: `aborted by ${by}` };
    const round = `${rollout.id}.${rollout.round}`;
    if (rollout.state.is === "preparing") {
      await this.advance({ type: "decide", round, verdict: "abort", failure });
    } else if (rollout.state.is !== "returning") {
      const participants = await haveSwapped(this, rollout);
      await this.advance({ type: "return", round, failure, participants });
    }
    return this.#after(rollout);
  }

  /** A rollout does not go on to its next step, until it is resumed. What it watches, it goes on watching. */
  pause(): Promise<Rollout> {
    return this.#hold("pause", true);
  }

  /** Goes on with a rollout that is paused. */
  resume(): Promise<Rollout> {
    return this.#hold("resume", false);
  }

  /** A staged rollout goes on at once, to everybody. */
  async promote(): Promise<Rollout> {
    const { rollout } = await this.now();
    if (rollout === null) throw this.#nothingUnderWay("promote");
    if (rollout.state.is !== "watching" && rollout.state.is !== "paused") {
      throw fleetFailed(
        `rollout ${rollout.id} is ${rollout.state.is}: it can be promoted while it is watched or paused`,
      );
    }
    await this.#toStep(rollout, rollout.strategy.steps.length - 1, true);
    return this.#after(rollout);
  }

  /** The members, what they run, and the rollout that is under way. */
  async status(): Promise<FleetStatus> {
    const [{ docs }, { now, rows }] = await Promise.all([
      this.store.read(this.name, [HEAD]),
      this.store.leases(this.name),
    ]);
    const members = rows.map(({ id, text, expires }) => {
      const report = JSON.parse(text) as MemberReport;
      return Object.assign(report, { id, alive: expires > now, lease: expires - now });
    });
    return { fleet: this.name, store: this.store.name, now, head: headOf(docs[0]), members };
  }

  /** One release; `undefined` when there is none of this number. */
  async release(number: number): Promise<Release | undefined> {
    const { docs } = await this.store.read(this.name, [releaseAt(number)]);
    return docs[0] === undefined ? undefined : parse<Release>(docs[0]);
  }

  /** Oldest first. */
  async releases(): Promise<Release[]> {
    return (await this.store.list(this.name, RELEASES)).map((doc) => parse<Release>(doc));
  }

  /** One rollout, also the one that is under way; `undefined` when there is none of this id. */
  async rollout(id: number): Promise<Rollout | undefined> {
    return (await this.rollouts()).find((rollout) => rollout.id === id);
  }

  /** Oldest first; with the one that is under way. */
  async rollouts(): Promise<Rollout[]> {
    return (await this.store.list(this.name, ROLLOUTS)).map((doc) => parse<Rollout>(doc));
  }

  /** What each member said in the last round of a rollout, by its id. */
  async votes(rollout: Rollout): Promise<Record<string, BallotKind>> {
    const votes: Record<string, BallotKind> = {};
    // What comes later in the round stands above what came before.
    for (const kind of ["asked", "ready", "refused", "swapped"] as const) {
      const docs = await this.store.list(this.name, ballots(kind, roundOf(rollout)));
      for (const { key } of docs) votes[key] = kind;
    }
    return votes;
  }

  /** The head: what the fleet runs, and the rollout that is under way. */
  async now(): Promise<Head> {
    const { docs } = await this.store.read(this.name, [HEAD]);
    return headOf(docs[0]);
  }

  /**
   * Looks after the rollout that is under way, as any member does. Moves it on when everything for that is there, and
   * ends it when a member is missing or the time is up.
   */
  async tend(): Promise<Head> {
    // Each move may be what the next one waited for.
    for (let moves = 0; moves < MOVES_AT_ONCE; moves++) {
      const { head, due } = await survey(this);
      if (due === undefined) return head;
      if ("move" in due) await this.advance(due.move);
      else await this.#toStep(due.nextStepOf, due.nextStepOf.step + 1, false);
    }
    return this.now();
  }

  async #toStep(rollout: Rollout, to: number, promoted: boolean): Promise<void> {
    const { members } = await this.status();
    const alive = members.filter((member) => member.alive);
    const already = new Set(await haveSwapped(this, rollout));
    const { steps } = rollout.strategy;
    let participants: string[] = [];
    let index = to;
    for (; index < steps.length; index++) {
      const step = steps[index];
      participants = step === undefined ? [] : membersOf(step, alive, already);
      if (participants.length > 0) break;
    }
    const round = `${rollout.id}.${rollout.round}`;
    await this.advance({ type: "step", round, to: Math.min(index, steps.length - 1), participants, promoted });
  }

  async #hold(what: string, wanted: boolean): Promise<Rollout> {
    const { rollout } = await this.now();
    if (rollout === null) throw this.#nothingUnderWay(what);
    const head = await this.advance({ type: "hold", id: rollout.id, hold: wanted });
    if (head.rollout?.id !== rollout.id || head.rollout.hold !== wanted) {
      throw fleetFailed(`rollout ${rollout.id} cannot be ${what}d any more: it is ${head.rollout?.state.is ?? "over"}`);
    }
    return head.rollout;
  }

  /** A rollout that nobody is left to end must not prevent the next one. */
  async #finishOverdue(): Promise<void> {
    if ((await this.now()).rollout !== null) await this.tend();
  }

  async #after({ id }: Rollout): Promise<Rollout> {
    const rollout = await this.rollout(id);
    if (rollout === undefined) throw fleetFailed(`rollout ${id} is no longer in the store`);
    return rollout;
  }

  async #noSuchRelease(number: number): Promise<string> {
    const there = (await this.releases()).map((release) => release.number);
    const list = there.length === 0 ? "there is none: publish one" : `there are ${there.slice(-10).join(", ")}`;
    return `the fleet ${this.name} has no release ${number}; ${list}`;
  }

  #nothingUnderWay(what: string): HotswapError {
    return fleetFailed(`there is nothing to ${what}: no rollout of the fleet ${this.name} is under way`);
  }
}

export function fleetFailed(message: string): HotswapError {
  return new HotswapError("HOTSWAP_FLEET_FAILED", message);
}

/** The round that the hint is about, so that who hears it can read all that it needs at once. */
function hintOf({ rollout, rollouts }: Head): string {
  return rollout === null ? String(rollouts) : `${rollout.id}.${rollout.round}`;
}

export function operator(): string {
  return process.env["USER"] ?? process.env["LOGNAME"] ?? `process ${process.pid}`;
}
