import type { ReloadNote } from "hotswap";
import { lifePlugins, type Sight } from "./life-plugins.ts";

/** Plugin to version: what lies in a folder, or what is live. */
export type Versions = ReadonlyMap<string, number>;

/** What is known of a generation. */
export interface Member {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** What its slots were filled with. */
  readonly deps: ReadonlyMap<string, Member>;
  /** The set whose vault it sees. */
  set: SetModel;
}

/** What is known of a set. */
export interface SetModel {
  readonly extension: number;
  readonly members: ReadonlyMap<string, Member>;
  /** What the set wrote to the data bag while it is being prepared; `undefined` from its swap on, or when it wrote nothing. */
  writtenInits: number | undefined;
}

/** What a reload must do. */
export interface Expected {
  readonly notes: ReadonlyMap<string, ReloadNote>;
  /** Names of the plugins that are to be instantiated. */
  readonly loads: ReadonlySet<string>;
  /** The plugin whose slot cannot be filled. */
  readonly unlinkable: string | undefined;
}

/** Says what every plugin of one swapper must see. Knows the contract, and nothing of how it is kept. */
export class LifeModel {
  /** What lies in the plugin folder. */
  readonly folder = new Map<string, number>();
  /** By id: everything that ever became part of a set. */
  readonly members = new Map<number, Member>();
  current: SetModel | undefined;
  /** The data bag, as every set but one that is being prepared sees it. */
  shared: number | undefined;
  inits: number | undefined;
  reloadCounter = 0;
  /** What there was before each step, newest last. */
  readonly #history: ReadonlyMap<string, number | undefined>[] = [];
  readonly #keptSteps: number;

  /** `keptSteps`: how many rollbacks are possible. */
  constructor(keptSteps: number) {
    this.#keptSteps = keptSteps;
  }

  /** What is live, by version. */
  get live(): Versions {
    return new Map(Array.from(this.current?.members ?? [], ([name, { version }]) => [name, version]));
  }

  /** What a rollback would go back to; `undefined` when it is to be refused. */
  get before(): Versions | undefined {
    const step = this.#history.at(-1);
    if (step === undefined) return undefined;
    const versions = new Map(this.live);
    for (const [name, version] of step) {
      if (version === undefined) versions.delete(name);
      else versions.set(name, version);
    }
    return versions;
  }

  /** What a reload of these artifacts must do. */
  expect(found: Versions): Expected {
    const { live } = this;
    const notes = new Map<string, ReloadNote>();
    const names = [...new Set([...found.keys(), ...live.keys()])].toSorted();
    for (const name of names) notes.set(name, noteOf(name, found.get(name), live.get(name)));
    // Whoever depends on something new is instantiated again; so often that the longest chain is through.
    for (const _ of names) for (const name of names) if (mustRelink(name, notes)) notes.set(name, "relinked");
    const loads = new Set(names.filter((name) => isLoaded(notes.get(name))));
    const unlinkable = [...loads].find((name) =>
      lifePlugins[name]?.deps.some((dep) => !notes.has(dep) || notes.get(dep) === "removed"),
    );
    return { notes, loads, unlinkable };
  }

  /** The set that a reload makes; `ids` are those of the generations that it loaded, by name. */
  prepare({ notes }: Expected, found: Versions, ids: ReadonlyMap<string, number>, extension: number): SetModel {
    const members = new Map<string, Member>();
    const set: SetModel = {
      extension,
      members,
      writtenInits: ids.size === 0 ? undefined : (this.inits ?? 0) + ids.size,
    };
    const add = (name: string): Member | undefined => {
      const note = notes.get(name);
      if (note === undefined || note === "removed") return undefined;
      const known = members.get(name) ?? (isLoaded(note) ? undefined : this.current?.members.get(name));
      if (known !== undefined) {
        members.set(name, known);
        return known;
      }
      const { deps = [], optional = [] } = lifePlugins[name] ?? {};
      const linked = [...deps, ...optional].flatMap((dep) => {
        const target = add(dep);
        return target === undefined ? [] : [[dep, target] as const];
      });
      const version = found.get(name) ?? this.live.get(name) ?? 0;
      const member: Member = { id: ids.get(name) ?? 0, name, version, deps: new Map(linked), set };
      members.set(name, member);
      return member;
    };
    for (const name of notes.keys()) add(name);
    return set;
  }

  /** The set becomes current. */
  swap(set: SetModel, { notes }: Expected, isRollback: boolean): void {
    const old = this.current;
    const { live } = this;
    for (const member of set.members.values()) {
      member.set = set;
      this.members.set(member.id, member);
    }
    this.current = set;
    if (set.writtenInits !== undefined) this.inits = set.writtenInits;
    set.writtenInits = undefined;
    if (old === undefined) return;
    this.reloadCounter++;
    const step = new Map(
      Array.from(notes)
        .filter(([, note]) => note === "ok" || note === "removed")
        .map(([name]) => [name, live.get(name)]),
    );
    if (isRollback) this.#history.pop();
    else if (step.size > 0) this.#history.push(step);
    if (this.#history.length > this.#keptSteps) this.#history.shift();
  }

  /** What the generation must see now. */
  sightOf({ set, deps }: Member): Sight {
    return {
      live: versionsOf(set.members),
      registered: versionsOf(set.members),
      extension: set.extension,
      shared: this.shared,
      inits: set.writtenInits ?? this.inits,
      deps: versionsOf(deps),
    };
  }
}

function versionsOf(members: ReadonlyMap<string, Member>): Record<string, number> {
  return Object.fromEntries(Array.from(members, ([name, { version }]) => [name, version]));
}

function noteOf(name: string, found: number | undefined, live: number | undefined): ReloadNote {
  if (live === undefined) return "ok";
  if (lifePlugins[name]?.isReloadable === false) return "not reloadable";
  if (found === undefined) return "removed";
  return found === live ? "unchanged" : "ok";
}

function isLoaded(note: ReloadNote | undefined): boolean {
  return note === "ok" || note === "relinked";
}

function mustRelink(name: string, notes: ReadonlyMap<string, ReloadNote>): boolean {
  const { deps = [], optional = [] } = lifePlugins[name] ?? {};
  const isNew = (dep: string): boolean => isLoaded(notes.get(dep)) || notes.get(dep) === "removed";
  return notes.get(name) === "unchanged" && [...deps, ...optional].some(isNew);
}
