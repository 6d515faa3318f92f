import { turnWhenDue } from "../turn.ts";
import type { Edge, LinkNode } from "./node.ts";
import { checkSlot, unknownDependency } from "./check-slot.ts";
import { dependencyOrder } from "./order.ts";

/** Which plugins a set has and how they depend on each other, whatever code they have. */
export interface Shape {
  /** All names, sorted. */
  readonly names: readonly string[];
  /** Each plugin's name in lower case, in the order of the plugins. */
  readonly keys: readonly string[];
  /** Each plugin's slots, in the order of the plugins. */
  readonly edges: readonly (readonly Edge[])[];
  /** Where each plugin stands in the order, by its name in lower case. */
  readonly positions: ReadonlyMap<string, number>;
}

export interface LinkedGraph<Node extends LinkNode> {
  /** Sets in which nothing but code differs share it. */
  readonly shape: Shape;
  /** Dependencies first; plugins without any come first of all, ties are broken by name (SPEC 3.2). */
  readonly order: readonly Node[];
}

/** How many plugins are linked before other work may get its turn. */
const LINKED_AT_ONCE = 32;

/** Compares plugin names the same way on every machine: without case first, and with it to break ties. */
export function compareNames(a: string, b: string): number {
  const lowerA = a.toLowerCase();
  const lowerB = b.toLowerCase();
  if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Resolves every slot, checks what it asks for, and orders the plugins. The work grows with plugins + slots. Rejects with
 * `HOTSWAP_UNKNOWN_DEPENDENCY`, `HOTSWAP_NOT_ASSIGNABLE`, `HOTSWAP_DEPENDENCY_RELOADABLE`, `HOTSWAP_CYCLIC_DEPENDENCY`.
 */
export async function linkGraph<Node extends LinkNode>(plugins: Iterable<Node>): Promise<LinkedGraph<Node>> {
  // Lower-cased once, not in every comparison: this sort is the only step that is not linear.
  const sorted = Array.from(plugins, (node) => ({ node, name: node.name, key: node.name.toLowerCase() }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const nodes = sorted.map(({ node }) => node);
  const names = sorted.map(({ name }) => name);
  const ranks = new Map(sorted.map(({ key }, rank) => [key, rank]));
  /** By rank: each plugin's slots, with the ranks of what they name. */
  const resolved: Edge[][] = [];
  for (const node of nodes) {
    resolved.push(resolveSlots(node, nodes, ranks));
    if (resolved.length % LINKED_AT_ONCE === 0) await turnWhenDue();
  }
  const order = dependencyOrder(names, resolved);
  await turnWhenDue();
  return {
    shape: shapeOf(
      names,
      sorted.map(({ key }) => key),
      resolved,
      order,
    ),
    order: pick(nodes, order),
  };
}

/**
 * The graph with some of its plugins replaced by others of the same names, given in the order of their names. The work
 * grows with them and their slots: nobody else has one of the replaced as a dependency. Returns `undefined` where the
 * shape is not what it was, and the whole has to be linked anew. Throws as {@link linkGraph} does.
 */
export function relinkGraph<Node extends LinkNode>(
  { shape, order }: LinkedGraph<Node>,
  replacements: readonly Node[],
): LinkedGraph<Node> | undefined {
  const replaced = order.slice();
  const positions: number[] = [];
  for (const node of replacements) {
    const position = shape.positions.get(node.name.toLowerCase());
    if (position === undefined || order[position]?.name !== node.name) return undefined;
    replaced[position] = node;
    positions.push(position);
  }
  for (const position of positions) {
    const node = replaced[position];
    const edges = shape.edges[position];
    if (node === undefined || edges?.length !== node.slots.size) return undefined;
    let index = 0;
    for (const [slot, request] of node.slots) {
      const edge = edges[index++];
      if (edge?.slot !== slot) return undefined;
      const target = edge.target === undefined ? undefined : replaced[edge.target];
      if (target !== undefined) checkSlot(node, target, slot, request);
      else if (!request.optional) return undefined;
    }
  }
  return { shape, order: replaced };
}

function resolveSlots<Node extends LinkNode>(
  node: Node,
  nodes: readonly Node[],
  ranks: ReadonlyMap<string, number>,
): Edge[] {
  const edges: Edge[] = [];
  for (const [slot, request] of node.slots) {
    const target = node.emptySlots.has(slot) ? undefined : ranks.get(slot.toLowerCase());
    const dependency = target === undefined ? undefined : nodes[target];
    if (dependency !== undefined) checkSlot(node, dependency, slot, request);
    else if (!request.optional) throw unknownDependency(node, slot, nodes);
    edges.push({ slot, target });
  }
  return edges;
}

/** `order` holds ranks. */
function shapeOf(
  names: readonly string[],
  keys: readonly string[],
  resolved: readonly (readonly Edge[])[],
  order: readonly number[],
): Shape {
  const positionOf = new Int32Array(order.length);
  for (const [position, rank] of order.entries()) positionOf[rank] = position;
  const place = ({ slot, target }: Edge): Edge => ({
    slot,
    target: target === undefined ? target : positionOf[target],
  });
  const ordered = pick(keys, order);
  return {
    names,
    keys: ordered,
    edges: pick(resolved, order).map((edges) => (edges.length === 0 ? edges : edges.map(place))),
    positions: new Map(ordered.map((key, position) => [key, position])),
  };
}

function pick<Item>(items: readonly Item[], order: readonly number[]): Item[] {
  const picked: Item[] = [];
  for (const rank of order) {
    const item = items[rank];
    if (item !== undefined) picked.push(item);
  }
  return picked;
}
