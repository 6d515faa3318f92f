import type { CallOrigin } from "../generation/entrance.ts";
import type { Generation } from "../generation/generation.ts";
import type { GenerationSet } from "../generation/handover.ts";
import type { EntryOwner } from "../plugin/registry.ts";
import type { Calls } from "./calls.ts";
import { compareNames, type LinkedGraph } from "./link.ts";
import type { ReloadNote } from "./note.ts";
import { Plugin } from "./plugin.ts";

/**
 * The plugins of one set. Each object is made when it is first asked for: a change of one plugin makes a new set of
 * thousands, and the host asks for few of them.
 */
export class Members implements GenerationSet {
  readonly #graph: LinkedGraph<Generation>;
  readonly #notes: ReadonlyMap<string, ReloadNote>;
  readonly #calls: Calls;
  /**
   * Those that were made, by name in lower case and by name as it is spelt: finding that costs less than lowering its
   * case.
   */
  readonly #made = new Map<string, Plugin>();
  #all: readonly Plugin[] | undefined;
  #isRetired = false;

  /** `notes` are those of the plugins that are not `unchanged`, by name in lower case. */
  constructor(graph: LinkedGraph<Generation>, notes: ReadonlyMap<string, ReloadNote>, calls: Calls) {
    this.#graph = graph;
    this.#notes = notes;
    this.#calls = calls;
  }

  /** Every plugin, dependencies first. */
  get all(): readonly Plugin[] {
    this.#all ??= this.#graph.order.map((generation, position) => this.#at(generation, position));
    return this.#all;
  }

  /** What the plugins' code is in, dependencies first. */
  get generations(): readonly Generation[] {
    return this.#graph.order;
  }

  /** The plugin of this name, compared without case. */
  find(name: string): Plugin | undefined {
    return this.#made.get(name) ?? this.#find(name.toLowerCase());
  }

  /** Whether the generation is one of the set's, retired or not. */
  sees(owner: EntryOwner): boolean {
    const position = this.#graph.shape.positions.get(owner.key);
    return position !== undefined && this.#graph.order[position]?.standing === owner;
  }

  track<Result>(result: Promise<Result>, origin: CallOrigin): Promise<Result> {
    return this.#calls.track(result, origin);
  }

  /** The plugins whose generations are as `matches` says, dependencies first. */
  select(matches: (generation: Generation) => boolean): Plugin[] {
    const selected: Plugin[] = [];
    for (const [position, generation] of this.#graph.order.entries()) {
      if (matches(generation)) selected.push(this.#at(generation, position));
    }
    return selected;
  }

  /** Lets go of the code: from now on every plugin refuses to be called. */
  retire(): void {
    this.#isRetired = true;
    for (const plugin of new Set(this.#made.values())) plugin.retire();
  }

  #find(key: string): Plugin | undefined {
    const position = this.#graph.shape.positions.get(key);
    const generation = position === undefined ? undefined : this.#graph.order[position];
    return position === undefined || generation === undefined ? undefined : this.#at(generation, position);
  }

  #at(generation: Generation, position: number): Plugin {
    const key = this.#graph.shape.keys[position] ?? "";
    const made = this.#made.get(key);
    if (made !== undefined) return made;
    const plugin = new Plugin(generation, this.#notes.get(key) ?? "unchanged", this.#depsOf(position), this.#calls);
    if (this.#isRetired) plugin.retire();
    this.#made.set(key, plugin);
    this.#made.set(plugin.name, plugin);
    return plugin;
  }

  #depsOf(position: number): string[] {
    const edges = this.#graph.shape.edges[position] ?? [];
    const deps = edges.flatMap(({ target }) => (target === undefined ? [] : (this.#graph.order[target]?.name ?? [])));
    return deps.toSorted(compareNames);
  }
}
