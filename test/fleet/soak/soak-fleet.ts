import { Fleet, fleetStore, isOver, prune, publish, type Rollout, type RollOptions } from "hotswap/fleet";
import { createProject, type Project } from "../../support/project.ts";
import { type Answer, checkHistory, type StoreFacts } from "./check-history.ts";
import { type Fault, faults } from "./faults.ts";
import { soakPlugin } from "./host-options.ts";
import { place, type Place, type StoreKind } from "./place.ts";
import type { Random } from "./random.ts";
import { SoakMember } from "./soak-member.ts";

export interface SoakOptions {
  readonly members: number;
  readonly random: Random;
  /** How often each member is asked what it serves, in ms. */
  readonly interval: number;
  readonly say: (line: string) => void;
}

const HEARTBEAT = 500;
const POLL = 300;

/** How long a rollout of the soak may take: its rounds, the faults in it, and a machine that is busy, in ms. */
const LONGEST = 30_000;

/** Real hosts on a real store, rollouts with faults in them, and what came of them. */
export class SoakFleet implements AsyncDisposable {
  readonly fleet: Fleet;
  readonly place: Place;
  members: SoakMember[] = [];
  readonly #project: Project;
  readonly #options: SoakOptions;
  readonly #answers: Answer[] = [];
  readonly #releases = new Map<number, Record<string, number>>();
  #version = 0;
  #started = 0;
  /** Failed questions and latencies of members that are gone. */
  #failed = 0;

  constructor(project: Project, at: Place, options: SoakOptions) {
    this.#project = project;
    this.place = at;
    this.#options = options;
    this.fleet = new Fleet(fleetStore(at.store), "soak");
  }

  static async start(kind: StoreKind, options: SoakOptions): Promise<SoakFleet> {
    const soak = new SoakFleet(await createProject(), await place(kind), options);
    try {
      await soak.fleet.store.open();
      for (let started = 0; started < options.members; started += 4) {
        await Promise.all(Array.from({ length: Math.min(4, options.members - started) }, () => soak.startMember()));
      }
      return soak;
    } catch (error) {
      await soak[Symbol.asyncDispose]();
      throw error;
    }
  }

  get random(): Random {
    return this.#options.random;
  }

  get failed(): number {
    return this.members.reduce((sum, { failed }) => sum + failed, this.#failed);
  }

  async startMember(): Promise<SoakMember> {
    const id = `m${++this.#started}`;
    const member = await SoakMember.start({
      store: this.place.store,
      fleet: "soak",
      id,
      folder: this.#project.path("hosts", id),
      root: this.#project.root,
      heartbeat: HEARTBEAT,
      poll: POLL,
    });
    await member.joined(this.#options.interval);
    this.members.push(member);
    return member;
  }

  async removeMember(member: SoakMember): Promise<void> {
    this.members = this.members.filter((each) => each !== member);
    this.#answers.push(...member.answers);
    this.#failed += member.failed;
    await member[Symbol.asyncDispose]();
  }

  /** Publishes a release that nobody has seen before. */
  async publish(): Promise<number> {
    const version = ++this.#version;
    for (const name of ["alpha", "beta"]) {
      await this.#project.write({ [`plugin/${name}/index.ts`]: soakPlugin(version) });
    }
    await this.#project.buildAll("alpha", "beta");
    const { number } = await publish(this.fleet, this.#project.out);
    this.#releases.set(number, { alpha: version, beta: version });
    return number;
  }

  /** Rolls a new release while `fault` happens, and waits until all is well again. */
  async rollout(fault: Fault, options: RollOptions): Promise<Rollout> {
    const release = await this.publish();
    await fault.prepare?.(this);
    const begun = await this.fleet.roll(release, { timeout: 4000, ...options });
    await fault.happen(this, begun);
    const rollout = await this.#ended(begun);
    await fault.heal?.(this);
    await this.#atRest();
    // A process that was killed is asked to take part until its lease is over.
    while ((await this.fleet.status()).members.filter(({ alive }) => alive).length > this.members.length)
      await Bun.sleep(50);
    return rollout;
  }

  randomStrategy(): RollOptions {
    return this.random.next() < 0.5
      ? {}
      : { steps: [{ count: 1 + this.random.below(2) }, { percent: 50 }], watch: 400 };
  }

  randomFault(): Fault {
    return this.random.pick(faults.filter(({ possible }) => possible?.(this.place, this.members) ?? true));
  }

  /** What is wrong with everything that was seen since the beginning. */
  async check(): Promise<string[]> {
    const atRest = await Promise.all(
      this.members.map((member) =>
        member.ask().catch(async (error: unknown) => {
          throw new Error(`${member.id} does not answer: ${String(error)}\n${await member.log()}`);
        }),
      ),
    );
    const answers = [...this.#answers, ...this.members.flatMap((member) => member.answers), ...atRest];
    const problems = checkHistory({ answers, facts: await this.#facts(), longest: LONGEST, atRest });
    if (this.failed > 0) problems.push(`${this.failed} questions to members that were left alone failed`);
    return problems;
  }

  async prune(): Promise<void> {
    await prune(this.fleet, { keep: 1000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map((member) => member[Symbol.asyncDispose]()));
    await this.fleet.store[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
    await this.#project[Symbol.asyncDispose]();
  }

  /** The members end it; who asked only looks on. */
  async #ended(begun: Rollout): Promise<Rollout> {
    for (const end = performance.now() + LONGEST; performance.now() < end; await Bun.sleep(50)) {
      // The store may be away.
      const rollout = await this.fleet.rollout(begun.id).catch(() => undefined);
      if (rollout !== undefined && isOver(rollout)) return rollout;
    }
    throw new Error(`rollout ${begun.id} has not ended after ${LONGEST / 1000} s`);
  }

  async #atRest(): Promise<void> {
    let last = "";
    for (const end = performance.now() + LONGEST; performance.now() < end; await Bun.sleep(50)) {
      try {
        const { committed } = await this.fleet.now();
        const wanted = JSON.stringify(committed === null ? {} : this.#releases.get(committed));
        const answers = await Promise.all(this.members.map((member) => member.ask()));
        const behind = answers.filter(({ serves }) => JSON.stringify(serves) !== wanted);
        if (behind.length === 0) return;
        last = `${behind.map(({ member }) => member).join(", ")} should serve ${wanted}`;
      } catch (error) {
        last = String(error);
      }
    }
    const logs = await Promise.all(this.members.map(async (member) => `${member.id}:\n${await member.log()}`));
    throw new Error(`the fleet did not come to rest: ${last}\n${logs.join("\n")}`);
  }

  async #facts(): Promise<StoreFacts> {
    const { store, name } = this.fleet;
    const decisions = new Map<string, { verdict: string; at: number }>();
    for (const { key, text } of await store.list(name, "decisions")) {
      decisions.set(key, JSON.parse(text) as { verdict: string; at: number });
    }
    const { committed } = await this.fleet.now();
    return { releases: this.#releases, rollouts: await this.fleet.rollouts(), decisions, committed };
  }
}
