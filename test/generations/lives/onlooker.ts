import type { Lease, PluginManager, PluginManagerSwapper, Registry } from "hotswap";
import type { RecordingLogger } from "../../support/logger.ts";
import type { LifeModel, Member, SetModel } from "./life-model.ts";
import type { Lives, Sight } from "./life-plugins.ts";
import { same } from "./outcome.ts";

/** What the plugins of a life get as extension. */
export interface LifeExtension {
  /** Which set it was made for. */
  readonly set: number;
}

/** A lease, and the set that it holds. */
interface Pinned {
  readonly lease: Lease<LifeExtension>;
  readonly set: SetModel;
}

/** What the onlooker looks at. */
interface Looked {
  readonly swapper: PluginManagerSwapper<LifeExtension>;
  readonly model: LifeModel;
  readonly lives: Lives;
  readonly logger: RecordingLogger;
}

/** Looks at everything that host and plugins see, and compares it with what the model says. Throws where they differ. */
export class Onlooker {
  readonly leases: Pinned[] = [];
  readonly pluginErrors: unknown[] = [];
  /** What is prepared and neither committed nor aborted, with the ids of what was loaded for it. */
  prepared: { readonly set: SetModel; readonly ids: ReadonlySet<number> } | undefined;
  readonly #looked: Looked;

  constructor(looked: Looked) {
    this.#looked = looked;
  }

  /** Compares what everybody sees with what the model says. */
  check(): void {
    const { current, reloadCounter } = this.#looked.model;
    const manager = this.#looked.swapper.current;
    same(this.#looked.swapper.reloadCounter, reloadCounter);
    same(this.pluginErrors, []);
    same(this.#looked.logger.of("error"), []);
    for (const { id, see } of this.#looked.lives.probes.values()) {
      const member = this.memberOf(id);
      if (member === undefined) continue;
      if (this.isPinned(id)) same(see(false), this.#looked.model.sightOf(member));
      else this.#compareLeaving(member, see(true));
    }
    this.#checkHandover();
    if (current === undefined) return;
    this.#checkSet(manager, current);
    for (const { lease, set } of this.leases) this.#checkSet(lease.manager, set);
    this.checkFreed();
  }

  #checkSet(manager: PluginManager<LifeExtension> | undefined, { members, extension }: SetModel): void {
    same(manager?.plugins.map(({ name }) => name).toSorted(), [...members.keys()].toSorted());
    same(manager?.vault.extension.set, extension);
    same(
      entriesOf(manager?.registry(this.#looked.lives.versions)),
      Object.fromEntries(Array.from(members.values(), ({ name, version }) => [name, version])),
    );
    same(manager?.vault.dataBag.get("shared"), this.#looked.model.shared);
    for (const { id, name, version, deps } of members.values()) {
      const plugin = manager?.findPlugin(name);
      same(plugin?.deps, [...deps.keys()].toSorted());
      same(plugin?.invokeFunc("version"), version);
      same((manager?.vault.liveFuncs.get(`live_${name}`) as (() => number) | undefined)?.(), version);
      same(this.#looked.lives.probes.has(id), true);
    }
  }

  /** One event, one handler; and the host sees the entries of the current set. */
  #checkHandover(): void {
    const { lives, model } = this.#looked;
    const members = Array.from(model.current?.members.values() ?? []);
    lives.bus.emit("ping");
    same(lives.heard.splice(0).toSorted(), members.map(({ name, version }) => `${name} ${version}`).toSorted());
    same(entriesOf(lives.versions), Object.fromEntries(members.map(({ name, version }) => [name, version])));
    const current = new Set(members.map(({ id }) => id));
    for (const { id, isRetired } of lives.probes.values()) {
      if (this.memberOf(id) !== undefined) same(isRetired(), !current.has(id) && this.prepared?.ids.has(id) !== true);
    }
  }

  /** Whatever was freed saw its last set until its end, and all that it depends on. */
  checkFreed(): void {
    for (const { probe, sight } of this.#looked.lives.freed.splice(0)) {
      const member = this.#looked.model.members.get(probe.id);
      if (member !== undefined) this.#compareLeaving(member, sight);
    }
  }

  /** What a generation sees while its set is being freed: of others than it depends on, what is not freed yet. */
  #compareLeaving(member: Member, sight: Sight): void {
    const { live, extension, deps } = this.#looked.model.sightOf(member);
    same([member.name, sight.extension, sight.deps], [member.name, extension, deps]);
    for (const name of [member.name, ...member.deps.keys()]) same(sight.live[name], live[name]);
    for (const seen of [sight.live, sight.registered]) {
      for (const [name, version] of Object.entries(seen))
        same([member.name, name, version], [member.name, name, live[name]]);
    }
  }

  /** `undefined` for what was never part of a set, and is being freed. */
  memberOf(id: number): Member | undefined {
    const prepared = this.prepared?.ids.has(id) === true ? this.prepared.set.members.values() : [];
    return this.#looked.model.members.get(id) ?? Array.from(prepared).find((member) => member.id === id);
  }

  /** Whether the generation cannot be freed now: it is current, prepared, or in a set with a lease. */
  isPinned(id: number): boolean {
    const sets = [this.#looked.model.current, this.prepared?.set, ...this.leases.map(({ set }) => set)];
    return sets.some((set) => Array.from(set?.members.values() ?? []).some((member) => member.id === id));
  }
}

/** What registered functions answer, by key. */
function entriesOf(versions: Registry<() => number> | undefined): Record<string, number> {
  return Object.fromEntries(Array.from(versions?.entries() ?? [], ([name, version]) => [name, version()]));
}
