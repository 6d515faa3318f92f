/** What the picture needs to know of a plugin. */
export interface GraphPlugin {
  readonly name: string;
  /** Names of the plugins that it depends on; a name that is not in the set is passed over. */
  readonly deps: readonly string[];
}

/** The plugins by depth, and those that nothing is connected to. */
export interface Layers {
  /** Names by depth: a plugin stands one layer after the deepest of its dependencies. */
  readonly layers: readonly (readonly string[])[];
  /** Plugins without dependencies and dependents. */
  readonly single: readonly string[];
}

/** Dependencies and dependents by name, of the plugins that are in the set. */
export class Neighbours {
  readonly deps = new Map<string, readonly string[]>();
  readonly dependents = new Map<string, string[]>();

  constructor(plugins: readonly GraphPlugin[]) {
    for (const { name } of plugins) this.dependents.set(name, []);
    for (const { name, deps } of plugins) {
      const present = deps.filter((dep) => dep !== name && this.dependents.has(dep));
      this.deps.set(name, present);
      for (const dep of present) this.dependents.get(dep)?.push(name);
    }
  }

  /** Everything that can be reached from `name` in one direction, without `name` itself. */
  closure(name: string, direction: "deps" | "dependents"): Set<string> {
    const reached = new Set<string>();
    const left = [name];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      for (const neighbour of this[direction].get(next) ?? []) {
        if (neighbour === name || reached.has(neighbour)) continue;
        reached.add(neighbour);
        left.push(neighbour);
      }
    }
    return reached;
  }
}

/** Sorts the plugins into layers. The work grows with plugins + dependencies. */
export function layersOf(plugins: readonly GraphPlugin[], neighbours: Neighbours): Layers {
  const depths = new Map<string, number>();
  const waitingFor = new Map(plugins.map(({ name }) => [name, neighbours.deps.get(name)?.length ?? 0]));
  const ready = plugins.map(({ name }) => name).filter((name) => waitingFor.get(name) === 0);
  // The host links no circles: every plugin gets its turn.
  for (let name = ready.shift(); name !== undefined; name = ready.shift()) {
    const deps = neighbours.deps.get(name) ?? [];
    depths.set(name, Math.max(-1, ...deps.map((dep) => depths.get(dep) ?? 0)) + 1);
    for (const dependent of neighbours.dependents.get(name) ?? []) {
      const left = (waitingFor.get(dependent) ?? 0) - 1;
      waitingFor.set(dependent, left);
      if (left === 0) ready.push(dependent);
    }
  }
  const layers: string[][] = [];
  const single: string[] = [];
  for (const { name } of plugins) {
    const depth = depths.get(name) ?? 0;
    if (depth === 0 && neighbours.dependents.get(name)?.length === 0) single.push(name);
    else (layers[depth] ??= []).push(name);
  }
  return { layers, single };
}
