import { hostname } from "node:os";
import { describeError } from "../../errors.ts";
import { Fleet } from "../fleet.ts";
import {
  ballots,
  type Failure,
  type Head,
  type MemberReport,
  type Rollout,
  roundOf,
  unwell,
} from "../protocol/records.ts";
import { haveSwapped } from "../protocol/survey.ts";
import { isLasting } from "../store/store-error.ts";
import { Alarm } from "./alarm.ts";
import { HealthWatch } from "./health.ts";
import { failureOf, HostSide, isStoreFailure } from "./host-side.ts";
import { Lease } from "./lease.ts";
import { look, type Look } from "./look.ts";
import { type FilledJoinOptions, fillJoinOptions, type JoinOptions } from "./options.ts";
import type { FleetSwapper } from "./reloading.ts";
import { type Held, Voter } from "./voter.ts";

/** How many members, on average, look after the whole rollout in each polling interval. */
const TENDERS = 3;

/** While hints get through and nothing is under way, each heartbeat looks at the head: nothing else need be asked, in ms. */
const QUIET = 3_600_000;

/** In ms: how long a member that is behind waits before it tries again. */
const RETRY_AFTER = 5000;

/** A host's place in a fleet, until it leaves. */
export class FleetMember implements AsyncDisposable {
  readonly id: string;
  readonly #options: FilledJoinOptions;
  readonly #fleet: Fleet;
  readonly #swapper: FleetSwapper;
  readonly #host: HostSide;
  readonly #lease: Lease;
  readonly #voter: Voter;
  /** The rollout whose release this member was told to run, before it is the fleet's. */
  #canaryOf: number | undefined;
  /** A round that this member was told to swap in, and has not said that it did. */
  #owes: string | undefined;
  /** When it swapped, by its own clock. */
  #swappedAt = 0;
  #health: HealthWatch | undefined;
  #failure: Failure | undefined;
  #retryAt = 0;
  #headVersion = 0;
  #tendedAt = 0;
  #hinted: string | undefined;
  readonly #alarm = new Alarm();
  #unreachable = false;
  /** The store knows of this member. */
  #joined = false;
  #over = false;
  #loop: Promise<void> = Promise.resolve();
  #listening: AsyncDisposable | undefined;

  /** @internal */
  constructor(swapper: FleetSwapper, options: FilledJoinOptions) {
    this.#swapper = swapper;
    this.#options = options;
    this.id = options.id;
    this.#fleet = new Fleet(options.store, options.fleet);
    this.#host = new HostSide(swapper, this.#fleet, options);
    this.#voter = new Voter(this.id, this.#fleet, this.#host, swapper.logger);
    this.#lease = new Lease(this.#fleet, options, () => this.#report(), {
      seen: (version) => {
        if (version !== this.#headVersion) this.#alarm.wake();
      },
      deafened: this.#alarm.wake,
      taken: () => this.#taken(),
      failed: (error) => this.#sayUnreachable(error),
    });
  }

  /** The fleet's name. */
  get fleet(): string {
    return this.#fleet.name;
  }

  /** The release that this host runs; `null`: what lies in its own folder. */
  get release(): number | null {
    return this.#host.runs;
  }

  /** Why this host does not run the release that it should; `undefined` when it does. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Leaves the fleet in order; the host goes on serving what it has. */
  async leave(): Promise<void> {
    if (this.#over) return this.#loop;
    this.#over = true;
    this.#alarm.wake();
    await this.#listening?.[Symbol.asyncDispose]();
    await this.#loop;
    await this.#voter.free();
    try {
      await this.#lease.end();
    } catch (error) {
      // Its lease ends by itself.
      this.#swapper.logger.warn(`${this.id} could not say that it leaves ${this.fleet}: ${describeError(error)}`);
    }
  }

  /** The same as {@link FleetMember.leave}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  /**
   * Resolves when the host runs what it should, or, while the store cannot be reached, what it has.
   *
   * @internal
   */
  async begin(): Promise<void> {
    const end = performance.now() + this.#options.patience;
    try {
      while (!(await this.#begin(end))) await this.#alarm.sleep(this.#jittered());
    } catch (error) {
      await this.leave();
      throw error;
    }
    this.#loop = this.#run();
  }

  /** `false`: the store is to be asked again. Rejects when that makes no sense. */
  async #begin(end: number): Promise<boolean> {
    try {
      await this.#fleet.store.open();
      const { committed } = await this.#fleet.now();
      await this.#host.run(committed);
      await this.#join();
      const seen = await this.#look();
      // The fleet may have moved on meanwhile.
      if (!seen.isAsked) await this.#host.run(this.#target(seen.head));
      await this.#lease.renew();
      return true;
    } catch (error) {
      if (!isStoreFailure(error) || isLasting(error)) throw error;
      if (await this.#host.runKept()) {
        this.#sayUnreachable(error);
        this.#failure = failureOf(this.id, error);
        return true;
      }
      if (performance.now() > end) throw error;
      this.#sayWaiting(error);
      return false;
    }
  }

  async #join(): Promise<void> {
    await this.#fleet.store.open();
    await this.#lease.begin();
    this.#listening ??= await this.#fleet.store.listen(this.fleet, this.id, {
      hint: (text) => {
        this.#hinted = text;
        this.#alarm.wake();
      },
      echo: this.#lease.echo,
    });
    this.#joined = true;
  }

  async #run(): Promise<void> {
    while (!this.#over) {
      let wait = this.#jittered();
      try {
        wait = await this.#pass();
        if (this.#unreachable) this.#swapper.logger.info(`${this.id} reaches ${this.#fleet.store.name} again`);
        this.#unreachable = false;
      } catch (error) {
        if (isStoreFailure(error)) this.#sayUnreachable(error);
        else this.#swapper.logger.error(`${this.id} in the fleet ${this.fleet}: ${describeError(error)}`, error);
      }
      await this.#alarm.sleep(wait);
    }
  }

  /** Does what there is to do. Resolves to the time in ms after which it is to be asked again without a hint. */
  async #pass(): Promise<number> {
    if (!this.#joined) await this.#join();
    const seen = await this.#look();
    if (this.#voter.isDecided(seen)) {
      const wanted = await this.#voter.settle(seen);
      if (wanted !== undefined) await this.#swap(wanted);
      return 0;
    }
    const { rollout } = seen.head;
    if (await this.#voter.vote(seen)) return 0;
    await this.#catchUp(seen);
    await this.#paySwapped(seen);
    await this.#watch(seen);
    await this.#tend(seen);
    if (rollout !== null) return this.#untilNext(rollout, seen.now);
    return this.#lease.deaf || this.#behind(seen.head) ? this.#jittered() : QUIET;
  }

  async #look(): Promise<Look> {
    const seen = await look(this.#fleet, this.id, { held: this.#voter.round, expected: this.#hinted });
    this.#headVersion = seen.version;
    return seen;
  }

  /** Swaps in what was decided. */
  async #swap({ round, rollout, back, ready }: Held): Promise<void> {
    this.#canaryOf = back ? undefined : rollout;
    this.#owes = round;
    this.#health = new HealthWatch(this.#swapper, this.#options.healthy);
    this.#retryAt = 0;
    try {
      await ready.set?.commit();
      this.#swappedAt = Date.now();
    } catch (error) {
      // A vote cannot promise this, so this member follows by an ordinary reload.
      this.#failure = failureOf(this.id, error);
      this.#swapper.logger.warn(`${this.id} could not swap in round ${round}: ${this.#failure.message}; it reloads`);
    }
  }

  /** The release that this host is to run now. */
  #target({ committed, rollout }: Head): number | null {
    if (rollout === null || this.#canaryOf !== rollout.id) return committed;
    // On the way back it goes when all do.
    return rollout.failure === undefined ? rollout.release : this.release;
  }

  #behind(head: Head): boolean {
    return this.#target(head) !== this.release;
  }

  async #catchUp({ head, isAsked }: Look): Promise<void> {
    const is = head.rollout?.state.is;
    if (isAsked && (is === "preparing" || is === "returning")) return;
    if (this.#behind(head) && performance.now() >= this.#retryAt) {
      try {
        await this.#host.run(this.#target(head));
        this.#swappedAt = Date.now();
      } catch (error) {
        if (isStoreFailure(error)) throw error;
        this.#retryAt = performance.now() + RETRY_AFTER * (0.5 + Math.random());
        this.#failure = failureOf(this.id, error);
        this.#swapper.logger.error(
          `${this.id} is behind: it should run release ${this.#target(head)} of ${this.fleet}: ${this.#failure.message}`,
        );
      }
    }
    if (!this.#behind(head)) this.#failure = undefined;
    if (head.committed === this.release) this.#host.keep();
    if (this.#lease.report !== JSON.stringify(this.#report())) await this.#lease.renew();
  }

  /** Says that it swapped, after its report says what it runs. */
  async #paySwapped({ head }: Look): Promise<void> {
    const round = this.#owes;
    if (round === undefined || this.#behind(head)) return;
    await this.#voter.put("swapped", round, { at: this.#swappedAt });
    this.#owes = undefined;
    const { rollout } = head;
    if (rollout === null || roundOf(rollout) !== round || rollout.state.is !== "swapping") return;
    const swapped = await this.#fleet.store.count(this.fleet, ballots("swapped", round));
    if (swapped >= rollout.state.participants) await this.#fleet.advance({ type: "swapped", round });
  }

  /** Reports that this member is unhealthy, which makes the members that run the release go back. */
  async #watch({ head: { rollout } }: Look): Promise<void> {
    if (rollout === null || this.#canaryOf !== rollout.id || rollout.failure !== undefined) return;
    const { watch, maxErrors } = rollout.strategy;
    if (watch === 0 || rollout.state.is === "preparing") return;
    const problem = await this.#health?.problem(maxErrors);
    if (problem === undefined) return;
    const failure: Failure = { ...problem, member: this.id };
    const put = [{ collection: unwell(rollout.id), key: this.id, text: JSON.stringify(failure) }];
    await this.#fleet.store.write(this.fleet, { put });
    const participants = await haveSwapped(this.#fleet, rollout);
    await this.#fleet.advance({ type: "return", round: roundOf(rollout), failure, participants });
  }

  async #tend({ head: { rollout }, now }: Look): Promise<void> {
    if (rollout === null || Math.random() > TENDERS / rollout.members) return;
    if (performance.now() - this.#tendedAt < this.#options.poll / 2 && dueIn(rollout, now) > 0) return;
    this.#tendedAt = performance.now();
    const after = await this.#fleet.tend();
    if (JSON.stringify(after.rollout) !== JSON.stringify(rollout)) this.#alarm.wake();
  }

  #report(): MemberReport {
    return {
      labels: this.#options.labels,
      host: hostname(),
      pid: process.pid,
      runs: this.release,
      state: this.#failure === undefined ? "serving" : "behind",
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    };
  }

  #taken(): void {
    this.#swapper.logger.error(
      `another process has joined the fleet ${this.fleet} as ${this.id}: this one takes no part any more, and serves what it has`,
    );
    this.#over = true;
    this.#alarm.wake();
    void this.#voter.free();
  }

  #sayWaiting(error: unknown): void {
    if (this.#unreachable) return;
    this.#unreachable = true;
    this.#swapper.logger.warn(`${this.id} has nothing to serve, and waits for the store: ${describeError(error)}`);
  }

  #sayUnreachable(error: unknown): void {
    if (this.#unreachable) return;
    this.#unreachable = true;
    this.#swapper.logger.warn(`${this.id} goes on serving what it has: ${describeError(error)}`);
  }

  #jittered(): number {
    return this.#options.poll * (0.75 + Math.random() / 2);
  }

  /** A deadline, or the end of a watch, is looked at when it is due. */
  #untilNext(rollout: Rollout, now: number): number {
    const due = dueIn(rollout, now);
    const wait = this.#jittered();
    return due > 0 ? Math.min(wait, due + (Math.random() * this.#options.poll) / 10) : wait;
  }
}

/** In how many ms time moves a rollout on; 0 where it does not. */
function dueIn({ state }: Rollout, now: number): number {
  if ("deadline" in state) return Math.max(0, state.deadline - now);
  return state.is === "watching" ? Math.max(0, state.until - now) : 0;
}

/**
 * Makes a host a member of a fleet. Resolves when it runs the fleet's committed release, or, in a fleet that has none, what
 * lies in its own folder; from then on it takes part in rollouts. `swapper.loadPlugins()` need not be called before.
 *
 * While the store cannot be reached, the host serves what it has, which is the release that it ran last, or what lies in its
 * folder before its first one: then this resolves, `failure` says why, and the host joins as soon as the store is there. A host
 * that has nothing waits for the store; after `patience` this rejects with `HOTSWAP_STORE_FAILED`. It rejects at once for a store
 * that a newer hotswap made, and as a load or reload does.
 *
 * @example
 *     const member = await joinFleet(swapper, { store: sqliteFleet("/var/lib/app/fleet.db"), fleet: "chat" });
 */
export async function joinFleet(swapper: FleetSwapper, options: JoinOptions): Promise<FleetMember> {
  const member = new FleetMember(swapper, fillJoinOptions(options));
  await member.begin();
  return member;
}
