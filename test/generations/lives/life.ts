import { copyFile, mkdir, rm } from "node:fs/promises";
import { PluginManagerSwapper, type PreparedReload, type ReloadDetails } from "hotswap";
import { RecordingLogger } from "../../support/logger.ts";
import { type LifeArtifacts, VERSIONS } from "./life-artifacts.ts";
import { type Expected, LifeModel, type SetModel, type Versions } from "./life-model.ts";
import { failingSteps, lifeNames, type Sight } from "./life-plugins.ts";
import { type LifeExtension, Onlooker } from "./onlooker.ts";
import { refused, same } from "./outcome.ts";
import { Random } from "./random.ts";

/** How long a timer of a plugin may take to fire, in ms. */
const PATIENCE = 20_000;

/** What may happen in a step, and how often. */
const steps = {
  publish: 12,
  remove: 2,
  reload: 18,
  failingReload: 10,
  rollback: 7,
  prepare: 10,
  write: 12,
  call: 8,
  callAcrossReload: 4,
  acquire: 6,
  release: 7,
  drain: 6,
  beat: 5,
  plan: 3,
} as const;

/**
 * One life of a swapper: steps drawn from a seed, and after each a look at everything that every plugin sees. What it
 * throws names the seed and the steps that led there.
 */
export class Life {
  readonly #random: Random;
  readonly #artifacts: LifeArtifacts;
  readonly #swapper: PluginManagerSwapper<LifeExtension>;
  readonly #logger = new RecordingLogger();
  readonly #model = new LifeModel(3);
  readonly #onlooker: Onlooker;
  readonly #done: string[] = [];
  readonly #dir: string;
  #extensions = 0;
  #written = 0;

  private constructor(seed: number, artifacts: LifeArtifacts) {
    this.#random = new Random(seed);
    this.#artifacts = artifacts;
    this.#dir = artifacts.project.path(`life-${seed}`);
    this.#swapper = new PluginManagerSwapper<LifeExtension>(this.#dir, {
      logger: this.#logger,
      root: artifacts.project.root,
      freeDelay: 0,
      history: 3,
      newExtension: () => ({ set: ++this.#extensions }),
      onPluginError: (error) => void this.#onlooker.pluginErrors.push(error),
    });
    this.#onlooker = new Onlooker({
      swapper: this.#swapper,
      model: this.#model,
      lives: artifacts.lives,
      logger: this.#logger,
    });
  }

  /** Lives for so many steps, and closes the swapper in whatever state it is then. */
  static async live(seed: number, count: number, artifacts: LifeArtifacts): Promise<void> {
    const life = new Life(seed, artifacts);
    try {
      await life.#begin();
      for (let step = 0; step < count; step++) {
        await life.#step(life.#random.weighted(steps));
        life.#onlooker.check();
      }
      await life.#end();
    } catch (error) {
      const path = life.#done.slice(-30).join("\n  ");
      throw new Error(`the life of seed ${seed} went wrong in step ${life.#done.length}, after\n  ${path}`, {
        cause: error,
      });
    } finally {
      artifacts.lives.faults.clear();
      await life.#swapper.close({ timeout: 0 });
      await rm(life.#dir, { recursive: true, force: true });
      for (const known of [artifacts.lives.probes, artifacts.lives.beats]) known.clear();
      artifacts.lives.freed.length = 0;
    }
  }

  async #begin(): Promise<void> {
    await mkdir(this.#dir);
    for (const name of lifeNames) if (name !== "extra") await this.#publish(name, 1 + this.#random.below(VERSIONS));
    await this.#attempt("load", this.#model.folder);
    this.#write(this.#swapper.current?.vault.dataBag);
    this.#onlooker.check();
  }

  async #step(name: keyof typeof steps): Promise<void> {
    this.#done.push(name);
    switch (name) {
      case "publish":
        return this.#publish(this.#random.pick(lifeNames), 1 + this.#random.below(VERSIONS));
      case "remove": {
        const plugin = this.#random.pick(["extra", "leaf", "top", "mid", "rock"]);
        if (this.#model.folder.delete(plugin)) await rm(`${this.#dir}/${plugin}.js`);
        return undefined;
      }
      case "reload":
        return this.#attempt("reload", this.#model.folder);
      case "failingReload": {
        await this.#publish(this.#random.pick(lifeNames), 1 + this.#random.below(VERSIONS));
        return this.#attempt("reload", this.#model.folder, { fails: true });
      }
      case "rollback":
        return this.#rollBack();
      case "prepare":
        return this.#prepare();
      case "write":
        return this.#writeSomewhere();
      case "call":
        return this.#call();
      case "callAcrossReload":
        return this.#callAcrossReload();
      case "acquire":
        return this.#acquire();
      case "release":
        return this.#release();
      case "drain":
        return this.#drain();
      case "beat":
        return this.#beat();
      case "plan":
        return this.#plan();
      default:
        return name satisfies never;
    }
  }

  async #publish(name: string, version: number): Promise<void> {
    await copyFile(this.#artifacts.project.path(`version-${version}`, `${name}.js`), `${this.#dir}/${name}.js`);
    this.#model.folder.set(name, version);
    this.#done.push(`  ${name} is ${version}`);
  }

  async #rollBack(): Promise<void> {
    const before = this.#model.before;
    if (before !== undefined) return this.#attempt("rollback", before, { fails: this.#random.once(4) });
    same((await refused(this.#swapper.rollback())).code, "HOTSWAP_NOTHING_TO_ROLL_BACK");
    return undefined;
  }

  /** A load, reload or rollback, which may be told to fail at a random place. */
  async #attempt(kind: "load" | "reload" | "rollback", found: Versions, { fails = false } = {}): Promise<void> {
    const expected = this.#model.expect(new Map(found));
    const fault = fails ? this.#drawFault(expected) : undefined;
    let set: SetModel | undefined;
    const callback = (): void => {
      set = this.#newSet(expected, found);
      this.#onlooker.check();
      if (fault === "callback") throw new Error("fault in callback");
    };
    const done =
      kind === "load"
        ? this.#swapper.loadPlugins(undefined, callback)
        : kind === "reload"
          ? this.#swapper.reload(undefined, callback)
          : this.#swapper.rollback(undefined, callback);
    await this.#settle(done, expected, fault, () => {
      this.#onlooker.prepared = undefined;
      if (set !== undefined) this.#model.swap(set, expected, kind === "rollback");
    });
    this.#artifacts.lives.faults.clear();
    this.#onlooker.prepared = undefined;
  }

  /** Waits for the end of a reload and compares it with what was expected. */
  async #settle(
    done: Promise<ReloadDetails>,
    { notes, unlinkable }: Expected,
    fault: string | undefined,
    onSwap: () => void,
  ): Promise<void> {
    const isEarly = fault !== undefined && ["module", "reloadable", "export", "import"].includes(phaseOf(fault));
    if (unlinkable !== undefined && !isEarly) {
      same((await refused(done)).code, "HOTSWAP_UNKNOWN_DEPENDENCY");
      this.#done.push("  could not be linked");
    } else if (fault !== undefined) {
      const error = await refused(done);
      const phase = phaseOf(fault);
      same(error.phase, phase === "module" ? "load" : phase);
      if (phase !== "callback") same(error.plugin, fault.split(".")[0]);
      this.#done.push(`  failed: ${fault}`);
    } else {
      const details = await done;
      same(Object.fromEntries(details), Object.fromEntries(notes));
      onSwap();
      this.#done.push(`  ${String(details)}`);
    }
  }

  /** Tells a plugin that will be loaded to fail, or the callback; returns what will fail. */
  #drawFault({ loads }: Expected): string {
    const step = this.#random.pick([...failingSteps, "callback"]);
    if (step === "callback" || loads.size === 0) return "callback";
    const fault = `${this.#random.pick([...loads])}.${step}`;
    this.#artifacts.lives.faults.add(fault);
    return fault;
  }

  /** The set that is ready; called when everything but the swap has happened. */
  #newSet(expected: Expected, found: Versions): SetModel {
    const ids = new Map<string, number>();
    for (const { id, name } of this.#artifacts.lives.probes.values()) {
      if (!this.#model.members.has(id) && expected.loads.has(name) && id > (ids.get(name) ?? 0)) ids.set(name, id);
    }
    same([...ids.keys()].toSorted(), [...expected.loads].toSorted());
    const set = this.#model.prepare(expected, found, ids, this.#extensions);
    this.#onlooker.prepared = { set, ids: new Set(ids.values()) };
    return set;
  }

  async #prepare(): Promise<void> {
    const found = new Map(this.#model.folder);
    const expected = this.#model.expect(found);
    const { promise: preparing, resolve, reject } = Promise.withResolvers<PreparedReload>();
    let set: SetModel | undefined;
    this.#swapper.prepare(undefined, () => void (set = this.#newSet(expected, found))).then(resolve, reject);
    if (expected.unlinkable !== undefined) {
      same((await refused(preparing)).code, "HOTSWAP_UNKNOWN_DEPENDENCY");
      return;
    }
    const prepared = await preparing;
    if (set === undefined) throw new Error("the callback was not called");
    same(Object.fromEntries(prepared.details), Object.fromEntries(expected.notes));
    this.#onlooker.check();
    const later = this.#random.once(3) ? this.#swapper.reload() : undefined;
    for (let count = this.#random.below(4); count > 0; count--) {
      await this.#step(this.#random.pick(["publish", "write", "call", "acquire", "release", "beat"] as const));
      this.#onlooker.check();
    }
    await this.#decide(prepared, set, expected);
    this.#onlooker.prepared = undefined;
    this.#onlooker.check();
    if (later === undefined) return;
    // It looked at the folder when its turn came.
    const next = this.#model.expect(this.#model.folder);
    if (next.unlinkable !== undefined) {
      same((await refused(later)).code, "HOTSWAP_UNKNOWN_DEPENDENCY");
      return;
    }
    const details = await later;
    same(Object.fromEntries(details), Object.fromEntries(next.notes));
    this.#model.swap(this.#newSet(next, this.#model.folder), next, false);
    this.#onlooker.prepared = undefined;
  }

  /** Commits or aborts what is prepared. */
  async #decide(prepared: PreparedReload, set: SetModel, expected: Expected): Promise<void> {
    const how = this.#random.pick(["commit", "commit", "abort", "dispose", "conflict"] as const);
    this.#done.push(`  ${how}`);
    if (how === "commit" || (how === "conflict" && set.writtenInits === undefined)) {
      same(await prepared.commit(), prepared.details);
      this.#model.swap(set, expected, false);
      return;
    }
    if (how === "abort") await prepared.abort();
    else if (how === "dispose") await prepared[Symbol.asyncDispose]();
    else {
      this.#model.inits = (this.#model.inits ?? 0) + 100;
      this.#swapper.current?.vault.dataBag.set("inits", this.#model.inits);
      const error = await refused(prepared.commit());
      same([error.code, error.phase], ["HOTSWAP_MIGRATION_FAILED", "vault"]);
      return;
    }
    same((await refused(prepared.commit())).code, "HOTSWAP_PREPARED_EXPIRED");
  }

  #write(target: { set(key: string, value: number): void } | undefined): void {
    target?.set("shared", ++this.#written);
    this.#model.shared = this.#written;
  }

  /** Through the host's vault, a call, or what a plugin holds: of a generation that stays, or one that left. */
  #writeSomewhere(): void {
    const manager = this.#random.once(3) ? this.#onlooker.leases[0]?.lease.manager : this.#swapper.current;
    const probes = Array.from(this.#artifacts.lives.probes.values()).filter(
      ({ id }) => this.#onlooker.isPinned(id) && this.#onlooker.prepared?.ids.has(id) !== true,
    );
    switch (this.#random.pick(["bag", "call", "probe"])) {
      case "bag":
        return this.#write(manager?.vault.dataBag);
      case "call": {
        const plugin = this.#random.pick(manager?.plugins ?? this.#swapper.current?.plugins ?? []);
        return this.#write({ set: (_, value) => void plugin.invokeFunc("write", value) });
      }
      default: {
        const probe = this.#random.pick(probes);
        return this.#write({ set: (_, value) => probe.write(value) });
      }
    }
  }

  async #call(): Promise<void> {
    for (const member of this.#model.current?.members.values() ?? []) {
      const expected = this.#model.sightOf(member);
      const plugin = this.#swapper.current?.findPlugin(member.name);
      same(plugin?.invokeFunc("see"), expected);
      if (this.#random.once(4)) same(await plugin?.invokeFunc("seeLater"), expected);
    }
  }

  /** A call that began before a reload and ends after it: its generation is not freed meanwhile. */
  async #callAcrossReload(): Promise<void> {
    const member = this.#random.pick(Array.from(this.#model.current?.members.values() ?? []));
    const { promise: seen, resolve } = Promise.withResolvers<unknown>();
    using lease = this.#swapper.acquire();
    const pinned = { lease, set: member.set };
    this.#onlooker.leases.push(pinned);
    const call = this.#swapper.current?.findPlugin(member.name)?.invokeFunc("seeLater") as Promise<Sight>;
    call.then(({ deps }) => resolve(deps), resolve);
    await this.#attempt("reload", this.#model.folder);
    same(await seen, this.#model.sightOf(member).deps);
    this.#onlooker.check();
    this.#onlooker.leases.splice(this.#onlooker.leases.indexOf(pinned), 1);
  }

  #acquire(): void {
    const set = this.#model.current;
    if (set !== undefined && this.#onlooker.leases.length < 4)
      this.#onlooker.leases.push({ lease: this.#swapper.acquire(), set });
  }

  #release(): void {
    if (this.#onlooker.leases.length === 0) return;
    const [pinned] = this.#onlooker.leases.splice(this.#random.below(this.#onlooker.leases.length), 1);
    pinned?.lease.release();
  }

  /** When nothing is pinned, nothing is left but the current set. */
  async #drain(): Promise<void> {
    if (this.#random.once(2)) for (const { lease } of this.#onlooker.leases.splice(0)) lease.release();
    if (this.#onlooker.leases.length > 0) return;
    await this.#swapper.drained();
    const current = Array.from(this.#model.current?.members.values() ?? [], ({ id }) => id);
    same([...this.#artifacts.lives.probes.keys()].toSorted(), current.toSorted());
  }

  /** What timers of every generation see that is still there. */
  async #beat(): Promise<void> {
    const { beats, probes } = this.#artifacts.lives;
    beats.clear();
    const deadline = Date.now() + PATIENCE;
    const pinned = (): number[] => [...probes.keys()].filter((id) => this.#onlooker.isPinned(id));
    while (pinned().some((id) => !beats.has(id))) {
      if (Date.now() > deadline) throw new Error(`no timer of the generations ${pinned().join()} fired`);
      await Bun.sleep(1);
    }
    for (const id of pinned()) {
      const member = this.#onlooker.memberOf(id);
      if (member !== undefined) same(beats.get(id), this.#model.sightOf(member));
    }
  }

  async #plan(): Promise<void> {
    const plan = await this.#swapper.plan({ rehearse: this.#random.once(2) });
    same(Object.fromEntries(plan), Object.fromEntries(this.#model.expect(this.#model.folder).notes));
  }

  async #end(): Promise<void> {
    const left = new Set(this.#artifacts.lives.probes.keys());
    if (this.#random.once(2)) {
      this.#done.push("close while prepared");
      const { unlinkable } = this.#model.expect(this.#model.folder);
      const prepared = unlinkable === undefined ? await this.#swapper.prepare() : undefined;
      const closed = this.#swapper.close({ timeout: 0 });
      if (prepared !== undefined) same((await refused(prepared.commit())).code, "HOTSWAP_CLOSED");
      await closed;
    } else {
      this.#done.push("close");
      await this.#swapper.close({ timeout: 0 });
    }
    const { freed, probes } = this.#artifacts.lives;
    same([...probes.keys()], []);
    same(
      [...left].filter((id) => !freed.some(({ probe }) => probe.id === id)),
      [],
    );
    this.#onlooker.checkFreed();
    same(this.#onlooker.pluginErrors, []);
    same(this.#logger.of("error"), []);
  }
}

function phaseOf(fault: string): string {
  return fault.split(".").at(-1) ?? "";
}
