import { HotswapError } from "../errors.ts";
import type { Edge } from "./node.ts";

/**
 * Orders plugins by their depth in the graph, then by name. They come sorted by name, each with its slots; plugins and
 * targets are numbers, which say where they come. The work grows with plugins + slots. Throws `HOTSWAP_CYCLIC_DEPENDENCY`.
 */
export function dependencyOrder(names: readonly string[], edges: readonly (readonly Edge[])[]): readonly number[] {
  const depths = new Int32Array(edges.length);
  const waitingFor = new Int32Array(edges.length);
  const dependents = dependentsOf(edges);
  const ready: number[] = [];
  for (const [plugin, slots] of edges.entries()) {
    waitingFor[plugin] = slots.reduce((count, { target }) => (target === undefined ? count : count + 1), 0);
    if (waitingFor[plugin] === 0) ready.push(plugin);
  }
  // It grows while it is walked.
  for (const plugin of ready) {
    const depth = (depths[plugin] ?? 0) + 1;
    for (const dependent of dependents[plugin] ?? []) {
      depths[dependent] = Math.max(depths[dependent] ?? 0, depth);
      const left = (waitingFor[dependent] ?? 0) - 1;
      waitingFor[dependent] = left;
      if (left === 0) ready.push(dependent);
    }
  }
  if (ready.length < edges.length) throw cyclicDependency(names, edges, (plugin) => waitingFor[plugin] !== 0);
  const layers: number[][] = [];
  for (const [plugin, depth] of depths.entries()) (layers[depth] ??= []).push(plugin);
  return layers.flat();
}

/** By plugin: who has it in a slot, once for each slot. */
function dependentsOf(edges: readonly (readonly Edge[])[]): readonly (readonly number[] | undefined)[] {
  const dependents: (number[] | undefined)[] = Array.from({ length: edges.length });
  for (const [plugin, slots] of edges.entries()) {
    for (const { target } of slots) {
      if (target !== undefined) (dependents[target] ??= []).push(plugin);
    }
  }
  return dependents;
}

function cyclicDependency(
  names: readonly string[],
  edges: readonly (readonly Edge[])[],
  isStuck: (plugin: number) => boolean,
): HotswapError {
  // Every stuck plugin has a dependency that is stuck, too: following them ends in a circle.
  const nextOf = (plugin: number): number | undefined =>
    edges[plugin]?.find(({ target }) => target !== undefined && isStuck(target))?.target;
  const path: number[] = [];
  const seen = new Map<number, number>();
  let plugin = Array.from(edges.keys()).find(isStuck);
  for (; plugin !== undefined && !seen.has(plugin); plugin = nextOf(plugin)) {
    seen.set(plugin, path.length);
    path.push(plugin);
  }
  const start = plugin === undefined ? 0 : seen.get(plugin);
  const circle = [...path.slice(start), plugin].map((member) => names[member ?? 0] ?? "");
  return new HotswapError(
    "HOTSWAP_CYCLIC_DEPENDENCY",
    `plugins depend on each other in a circle: ${circle.join(" -> ")}; take one of these imports out`,
    { plugin: circle[0], phase: "link" },
  );
}
