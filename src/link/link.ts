import { HotswapError } from "../errors.ts";
import type { SlotRequest } from "../plugin/dependency.ts";
import { didYouMean } from "../suggest.ts";

/** What linking needs to know of a plugin. */
export interface LinkNode {
  readonly name: string;
  readonly isReloadable: boolean;
  /** Dependency slots by the name of the dependency, as the plugin spells it. */
  readonly slots: ReadonlyMap<string, SlotRequest>;
  /** What other plugins get of it. */
  readonly facade: unknown;
}

/** A filled slot; `target` is `undefined` for an optional dependency that is absent. */
export interface Edge<Node extends LinkNode> {
  readonly slot: string;
  readonly target: Node | undefined;
}

export interface LinkedGraph<Node extends LinkNode> {
  /** Dependencies first; plugins without any come first of all, ties are broken by name (SPEC 3.2). */
  readonly order: readonly Node[];
  readonly edges: ReadonlyMap<Node, readonly Edge<Node>[]>;
}

/** Compares plugin names the same way on every machine: without case first, and with it to break ties. */
export function compareNames(a: string, b: string): number {
  const lowerA = a.toLowerCase();
  const lowerB = b.toLowerCase();
  if (lowerA !== lowerB) return lowerA < lowerB ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * Resolves every slot, checks what it asks for, and orders the plugins. The work grows with plugins + slots. Throws
 * `HOTSWAP_UNKNOWN_DEPENDENCY`, `HOTSWAP_NOT_ASSIGNABLE`, `HOTSWAP_DEPENDENCY_RELOADABLE`, `HOTSWAP_CYCLIC_DEPENDENCY`.
 */
export function linkGraph<Node extends LinkNode>(plugins: Iterable<Node>): LinkedGraph<Node> {
  // In lower case once, not in every comparison: this sort is all that is not linear here.
  const keyed = Array.from(plugins, (node) => ({ node, key: node.name.toLowerCase() }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const nodes = keyed.map(({ node }) => node);
  const byName = new Map(keyed.map(({ node, key }) => [key, node]));
  const edges = new Map(nodes.map((node) => [node, resolveSlots(node, byName)]));
  return { order: dependencyOrder(nodes, edges), edges };
}

function resolveSlots<Node extends LinkNode>(node: Node, byName: ReadonlyMap<string, Node>): Edge<Node>[] {
  const edges: Edge<Node>[] = [];
  for (const [slot, request] of node.slots) {
    const target = byName.get(slot.toLowerCase());
    if (target !== undefined) checkEdge(node, target, slot, request);
    else if (!request.optional) throw unknownDependency(node, slot, byName);
    edges.push({ slot, target });
  }
  return edges;
}

function checkEdge(node: LinkNode, target: LinkNode, slot: string, request: SlotRequest): void {
  if (!node.isReloadable && target.isReloadable) {
    throw linkError(
      "HOTSWAP_DEPENDENCY_RELOADABLE",
      node,
      `${node.name} is not reloadable but depends on ${target.name}, which is: a reload of ${target.name} could not reach it; make ${target.name} not reloadable, or ${node.name} reloadable`,
    );
  }
  for (const [member, kind] of request.members) {
    const value = memberOf(target.facade, member);
    if (value === undefined) {
      throw linkError(
        "HOTSWAP_NOT_ASSIGNABLE",
        node,
        `${node.name} requires "${member}" of its dependency "${slot}", but ${target.name} ${target.facade === undefined ? "exports nothing" : `exports no such member${didYouMean(member, Object.keys(Object(target.facade) as object))}`}`,
      );
    }
    if (kind !== undefined && typeof value !== kind) {
      throw linkError(
        "HOTSWAP_NOT_ASSIGNABLE",
        node,
        `${node.name} requires "${member}" of its dependency "${slot}" to be of type ${kind}, but ${target.name} exports a value of type ${typeof value}`,
      );
    }
  }
}

function memberOf(exported: unknown, member: string): unknown {
  if (exported === undefined || exported === null) return undefined;
  return Reflect.get(Object(exported) as object, member);
}

/** Sorts by depth in the graph, then by name: `nodes` come sorted by name, and every pass keeps that order. */
function dependencyOrder<Node extends LinkNode>(
  nodes: readonly Node[],
  edges: ReadonlyMap<Node, readonly Edge<Node>[]>,
): Node[] {
  const dependents = new Map<Node, Node[]>();
  const waitingFor = new Map<Node, number>();
  for (const node of nodes) {
    const targets = targetsOf(edges.get(node) ?? []);
    waitingFor.set(node, targets.length);
    for (const target of targets) {
      const known = dependents.get(target);
      if (known === undefined) dependents.set(target, [node]);
      else known.push(node);
    }
  }
  const rank = new Map(nodes.map((node, index) => [node, index]));
  const order: Node[] = [];
  for (let layer = nodes.filter((node) => waitingFor.get(node) === 0); layer.length > 0;) {
    const next: Node[] = [];
    for (const node of layer) {
      order.push(node);
      for (const dependent of dependents.get(node) ?? []) {
        const left = (waitingFor.get(dependent) ?? 0) - 1;
        waitingFor.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    layer = next.toSorted((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
  if (order.length < nodes.length) throw cyclicDependency(nodes, edges, waitingFor);
  return order;
}

/** Each plugin once, also when two slots name it. */
function targetsOf<Node extends LinkNode>(edges: readonly Edge<Node>[]): readonly Node[] {
  const targets = edges.flatMap(({ target }) => target ?? []);
  return targets.length < 2 ? targets : Array.from(new Set(targets));
}

function cyclicDependency<Node extends LinkNode>(
  nodes: readonly Node[],
  edges: ReadonlyMap<Node, readonly Edge<Node>[]>,
  waitingFor: ReadonlyMap<Node, number>,
): HotswapError {
  const stuck = (node: Node | undefined): node is Node => node !== undefined && (waitingFor.get(node) ?? 0) > 0;
  // Every stuck plugin has a dependency that is stuck, too: following them ends in a circle.
  const path: Node[] = [];
  const seen = new Map<Node, number>();
  for (let node = nodes.find(stuck); node !== undefined && !seen.has(node);) {
    seen.set(node, path.length);
    path.push(node);
    node = edges
      .get(node)
      ?.map(({ target }) => target)
      .find(stuck);
  }
  const last = path.at(-1);
  const closing =
    last &&
    edges
      .get(last)
      ?.map(({ target }) => target)
      .find(stuck);
  const circle = [...path.slice(closing && seen.get(closing)), closing].map((node) => node?.name);
  return new HotswapError(
    "HOTSWAP_CYCLIC_DEPENDENCY",
    `plugins depend on each other in a circle: ${circle.join(" -> ")}; take one of these imports out`,
    { plugin: circle[0], phase: "link" },
  );
}

function unknownDependency(node: LinkNode, slot: string, byName: ReadonlyMap<string, LinkNode>): HotswapError {
  const names = Array.from(byName.values(), ({ name }) => name);
  return linkError(
    "HOTSWAP_UNKNOWN_DEPENDENCY",
    node,
    `${node.name} imports "${slot}", which is not in the set${didYouMean(slot, names)}: build it, or declare the slot with dependency.optional()`,
  );
}

function linkError(
  code: "HOTSWAP_UNKNOWN_DEPENDENCY" | "HOTSWAP_NOT_ASSIGNABLE" | "HOTSWAP_DEPENDENCY_RELOADABLE",
  node: LinkNode,
  message: string,
): HotswapError {
  return new HotswapError(code, message, { plugin: node.name, phase: "link" });
}
