import type { HeapEdge, HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import type { HiddenEdge, PathStart, ProbedNodes } from "./probe.ts";

/** One reference of a path. */
export interface Hop {
  readonly via: HeapEdge | HiddenEdge;
  readonly to: HeapNode;
}

/** References that lead from something with a name to something else. */
export interface ReferencePath {
  readonly start: PathStart;
  readonly hops: readonly Hop[];
}

export interface SearchOptions {
  readonly starts: readonly PathStart[];
  /** Nodes that no path leads through. */
  readonly blocked: ReadonlySet<HeapNode>;
}

const NOT_SEEN = -1;

/** Everything that can be reached from some nodes, with the shortest way to it. */
export class Reach {
  readonly #snapshot: HeapSnapshot;
  readonly #contents: ProbedNodes["contents"];
  readonly #starts: readonly PathStart[];
  /** The node from which each was reached first; itself for a start. */
  readonly #cameFrom: Int32Array;
  readonly #reached: HeapNode[] = [];

  constructor(snapshot: HeapSnapshot, contents: ProbedNodes["contents"], { starts, blocked }: SearchOptions) {
    this.#snapshot = snapshot;
    this.#contents = contents;
    this.#starts = starts;
    this.#cameFrom = new Int32Array(snapshot.size).fill(NOT_SEEN);
    for (const { node } of starts) this.#add(node, node);
    // The list grows while it is walked through: breadth first.
    for (const node of this.#reached) {
      for (const { to } of contents.get(node) ?? []) this.#visit(to, node, blocked);
      for (const to of snapshot.targets(node)) this.#visit(to, node, blocked);
    }
  }

  has(node: HeapNode): boolean {
    return this.#cameFrom[node] !== NOT_SEEN;
  }

  /** All nodes that were reached, the nearest first. */
  get nodes(): Iterable<HeapNode> {
    return this.#reached;
  }

  pathTo(node: HeapNode): ReferencePath | undefined {
    if (!this.has(node)) return undefined;
    const hops: Hop[] = [];
    let current = node;
    for (let from = this.#cameFrom[current] ?? current; from !== current; from = this.#cameFrom[current] ?? current) {
      hops.unshift({ via: this.#bestEdge(from, current), to: current });
      current = from;
    }
    const start = this.#starts.find((candidate) => candidate.node === current);
    return start && { start, hops };
  }

  #visit(to: HeapNode, from: HeapNode, blocked: ReadonlySet<HeapNode>): void {
    if (this.#cameFrom[to] === NOT_SEEN && !blocked.has(to)) this.#add(to, from);
  }

  #add(node: HeapNode, from: HeapNode): void {
    if (this.#cameFrom[node] !== NOT_SEEN) return;
    this.#cameFrom[node] = from;
    this.#reached.push(node);
  }

  /** Of several references between two nodes, the one that means most to people. */
  #bestEdge(from: HeapNode, to: HeapNode): HeapEdge | HiddenEdge {
    const hidden = this.#contents.get(from)?.find((edge) => edge.to === to);
    if (hidden !== undefined) return hidden;
    const edges = Array.from(this.#snapshot.edges(from)).filter((edge) => edge.to === to);
    for (const type of ["property", "element", "context"]) {
      const named = edges.find((edge) => edge.type === type);
      if (named !== undefined) return named;
    }
    return edges[0] ?? { from, to, type: "internal", name: "" };
  }
}

/**
 * The nodes through which nothing is held in a way that anybody could change: compiled code refers to whatever it once
 * dealt with, and a weak reference to what was looked at in this turn of the event loop.
 */
export function withoutHold(snapshot: HeapSnapshot): HeapNode[] {
  const nodes: HeapNode[] = [];
  for (let node = 0; node < snapshot.size; node++) {
    const name = snapshot.nameOf(node);
    const isCode = name.endsWith("CodeBlock") || name.endsWith("Executable");
    if ((isCode && snapshot.typeOf(node) === "code") || name === "WeakRef") nodes.push(node);
  }
  return nodes;
}
