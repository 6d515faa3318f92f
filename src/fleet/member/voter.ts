import type { Logger } from "../../logger.ts";
import type { Fleet } from "../fleet.ts";
import {
  type Ballot,
  type BallotKind,
  ballots,
  type Failure,
  type Head,
  type Rollout,
  roundOf,
} from "../protocol/records.ts";
import { failureOf, type HostSide, isStoreFailure, type ReadySet } from "./host-side.ts";
import type { Look } from "./look.ts";

/**
 * In ms: data that is older is read again before a member acts on it, because the process may have been stopped
 * meanwhile.
 */
const FRESH = 1000;

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
function isWanted({ back, release, rollout }: Held, head: Head): boolean {
  if (head.committed === release) return true;
  return !back && head.rollout?.id === rollout && head.rollout.failure === undefined;
}

/** A member's part in the rounds of rollouts: it prepares what is asked for, votes, and holds it until the decision. */
export class Voter {
  readonly #member: string;
  readonly #fleet: Fleet;
  readonly #host: HostSide;
  readonly #logger: Logger;
  #held: Held | undefined;
  /** The round that was voted in last. */
  #voted: string | undefined;

  constructor(member: string, fleet: Fleet, host: HostSide, logger: Logger) {
    this.#member = member;
    this.#fleet = fleet;
    this.#host = host;
    this.#logger = logger;
  }

  /** The round whose decision is waited for. */
  get round(): string | undefined {
    return this.#held?.round;
  }

  /** Whether there is no more reason to hold the set. */
  isDecided({ head: { rollout }, decision }: Look): boolean {
    if (this.#held === undefined) return false;
    // Every round ends with a decision, so a round that is gone was pruned while this member was away.
    return decision !== undefined || rollout === null || roundOf(rollout) !== this.#held.round;
  }

  /** Resolves to what is to be swapped in; what is not was freed. */
  async settle({ head, decision, askedAt }: Look): Promise<Held | undefined> {
    const held = this.#held;
    if (held === undefined || performance.now() - askedAt > FRESH) return undefined;
    if (decision?.verdict === "commit" && isWanted(held, head)) {
      this.#held = undefined;
      return held;
    }
    await this.free();
    return undefined;
  }

  /** Fetches, prepares and votes, where this member is asked to and did not. Resolves to whether there was something to do. */
  async vote({ head, round, isAsked, decision }: Look): Promise<boolean> {
    const { rollout } = head;
    if (rollout === null || round === undefined || !isAsked || this.#voted === round || decision !== undefined)
      return false;
    const { is } = rollout.state;
    if (is !== "preparing" && is !== "returning") return false;
    if (this.#held !== undefined) {
      await this.#sayReady(this.#held, rollout);
      return true;
    }
    const back = is === "returning";
    const release = back ? rollout.from : rollout.release;
    let ready: ReadySet;
    try {
      ready = await this.#host.prepare(release);
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      await this.#refuse(round, failureOf(this.#member, error), back);
      return true;
    }
    this.#held = { round, rollout: rollout.id, release, back, ready };
    await this.#sayReady(this.#held, rollout);
    return true;
  }

  /** Frees what is held. */
  async free(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.ready.set?.abort();
  }

  async put(kind: BallotKind, round: string, ballot: Partial<Ballot>): Promise<void> {
    const text = JSON.stringify({ at: Date.now(), ...ballot });
    const put = [{ collection: ballots(kind, round), key: this.#member, text }];
    await this.#fleet.store.write(this.#fleet.name, { put });
  }

  async #refuse(round: string, failure: Failure, back: boolean): Promise<void> {
    const { name } = this.#fleet;
    this.#logger.error(`${this.#member} cannot take part in round ${round} of ${name}: ${failure.message}`);
    await this.put("refused", round, { failure });
    this.#voted = round;
    if (!back) await this.#fleet.advance({ type: "decide", round, verdict: "abort", failure });
  }

  /** Votes, and decides where this was the last vote. */
  async #sayReady({ round, ready: { fetch, prepare } }: Held, { state }: Rollout): Promise<void> {
    // When the store fails here, the vote may or may not be written, so it is written again.
    await this.put("ready", round, { fetch, prepare });
    this.#voted = round;
    const votes = await this.#fleet.store.count(this.#fleet.name, ballots("ready", round));
    if ("participants" in state && votes >= state.participants) {
      await this.#fleet.advance({ type: "decide", round, verdict: "commit" });
    }
  }
}
