import { NAMESPACE } from "../../load/sections.ts";
import type { HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import type { Collection, NamedObject, Rank } from "./host-objects.ts";

/** Where a path may begin. */
export interface PathStart {
  readonly name: string;
  readonly node: HeapNode;
  readonly rank: Rank;
}

/** What has to be found again in a snapshot. */
export interface ProbeTargets {
  readonly starts: readonly NamedObject[];
  readonly collections: readonly Collection[];
  readonly bridge: object;
  readonly graph: object | undefined;
  /** Objects whose insides are hotswap's own. */
  readonly own: readonly object[];
}

/** A reference that the snapshot does not show. */
export interface HiddenEdge {
  readonly to: HeapNode;
  readonly name: string;
}

/** A {@link ProbeTargets} in terms of one snapshot. */
export interface ProbedNodes {
  readonly starts: readonly PathStart[];
  /** The contents of maps and sets, by the node of the collection. */
  readonly contents: ReadonlyMap<HeapNode, readonly HiddenEdge[]>;
  readonly bridge: HeapNode;
  readonly graph: HeapNode | undefined;
  /** The prototype of the namespaces of sections. */
  readonly namespace: HeapNode | undefined;
  readonly own: ReadonlySet<HeapNode>;
  /** The probe itself: no path may lead through it. */
  readonly probe: HeapNode;
}

/**
 * Refers to live objects while a snapshot is taken, so that they can be found in it: a snapshot says of a node only what
 * refers to it, and by which name.
 */
export class HotswapProbe {
  readonly starts: readonly object[];
  readonly collections: readonly object[];
  readonly values: readonly (readonly unknown[])[];
  readonly keys: readonly (readonly unknown[])[];
  readonly bridge: object;
  readonly graph: object | undefined;
  readonly namespace = NAMESPACE;
  readonly own: readonly object[];

  constructor({ starts, collections, bridge, graph, own }: ProbeTargets) {
    this.starts = starts.map(({ object }) => object);
    this.collections = collections.map(({ object }) => object);
    this.values = collections.map(({ entries }) => entries.map(({ value }) => value));
    this.keys = collections.map(({ entries }) => entries.map(({ key }) => key));
    this.bridge = bridge;
    this.graph = graph;
    this.own = own;
  }
}

/** Finds what the probe refers to in the snapshot. `undefined` when the snapshot is of another form than expected. */
export function findProbed(snapshot: HeapSnapshot, { starts, collections }: ProbeTargets): ProbedNodes | undefined {
  const probe = snapshot.find("object", HotswapProbe.name);
  if (probe === undefined) return undefined;
  const list = (name: string): Map<number, HeapNode> => elementsOf(snapshot, snapshot.follow(probe, "property", name));
  const bridge = snapshot.follow(probe, "property", "bridge");
  if (bridge === undefined) return undefined;
  const values = list("values");
  const keys = list("keys");
  const contents = new Map<HeapNode, HiddenEdge[]>();
  for (const [index, node] of list("collections")) {
    const { entries = [] } = collections[index] ?? {};
    contents.set(node, [
      ...namedElements(snapshot, values.get(index), (entry) => entries[entry]?.name ?? "an entry"),
      ...namedElements(snapshot, keys.get(index), () => "a key"),
    ]);
  }
  return {
    probe,
    bridge,
    graph: snapshot.follow(probe, "property", "graph"),
    namespace: snapshot.follow(probe, "property", "namespace"),
    contents,
    starts: Array.from(list("starts")).flatMap(([index, node]) => {
      const start = starts[index];
      return start === undefined ? [] : [{ name: start.name, rank: start.rank, node }];
    }),
    own: new Set(list("own").values()),
  };
}

function namedElements(
  snapshot: HeapSnapshot,
  array: HeapNode | undefined,
  nameOf: (index: number) => string,
): HiddenEdge[] {
  return Array.from(elementsOf(snapshot, array), ([index, to]) => ({ to, name: nameOf(index) }));
}

/** The elements of an array that are objects or strings, by index. */
function elementsOf(snapshot: HeapSnapshot, array: HeapNode | undefined): Map<number, HeapNode> {
  const elements = new Map<number, HeapNode>();
  if (array === undefined) return elements;
  for (const { type, name, to } of snapshot.edges(array)) {
    if (type === "element" && typeof name === "number") elements.set(name, to);
  }
  return elements;
}
