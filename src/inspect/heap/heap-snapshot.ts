/** A node of a {@link HeapSnapshot}, by its index. */
export type HeapNode = number;

/** A reference from one node to another. */
export interface HeapEdge {
  readonly from: HeapNode;
  readonly to: HeapNode;
  /**
   * `property` by its name, `element` by its index, `context` for a variable of a scope; everything else is the engine's
   * own business.
   */
  readonly type: string;
  /** The name of the property or variable, or the index of the element. */
  readonly name: string | number;
}

/** A snapshot in Chrome's format, as it is read from JSON. */
interface SnapshotJson {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
      readonly edge_fields: readonly string[];
      readonly edge_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly edges: readonly number[];
  readonly strings: readonly string[];
}

/** All that is in memory at one moment, as nodes with references between them. Node 0 is the root. */
export class HeapSnapshot {
  readonly size: number;
  readonly #json: SnapshotJson;
  readonly #nodeWidth: number;
  readonly #edgeWidth: number;
  readonly #nodeTypes: readonly string[];
  readonly #edgeTypes: readonly string[];
  /** Where each node's edges begin, and where the last one's end. */
  readonly #firstEdge: Uint32Array;

  /** Stops the host for a time that grows with the heap: about 10 ms for a small one. */
  static take(): HeapSnapshot {
    return new HeapSnapshot(JSON.parse(Bun.generateHeapSnapshot("v8")) as SnapshotJson);
  }

  constructor(json: SnapshotJson) {
    const { node_fields, node_types, edge_fields, edge_types } = json.snapshot.meta;
    this.#json = json;
    this.#nodeWidth = node_fields.length;
    this.#edgeWidth = edge_fields.length;
    this.#nodeTypes = node_types[0];
    this.#edgeTypes = edge_types[0];
    this.size = json.nodes.length / this.#nodeWidth;
    this.#firstEdge = new Uint32Array(this.size + 1);
    const countField = node_fields.indexOf("edge_count");
    for (let node = 0; node < this.size; node++) {
      const count = json.nodes[node * this.#nodeWidth + countField] ?? 0;
      this.#firstEdge[node + 1] = (this.#firstEdge[node] ?? 0) + count;
    }
  }

  /** `object`, `closure`, `string`, `native`, `code`, `hidden`, ... */
  typeOf(node: HeapNode): string {
    return this.#nodeTypes[this.#json.nodes[node * this.#nodeWidth] ?? 0] ?? "";
  }

  /** Name of a function, name of an object's class, or the engine's name of its own things. */
  nameOf(node: HeapNode): string {
    return this.#string(this.#json.nodes[node * this.#nodeWidth + 1]);
  }

  /** The nodes that a node refers to, without the names of its references. */
  *targets(node: HeapNode): IterableIterator<HeapNode> {
    const end = this.#firstEdge[node + 1] ?? 0;
    for (let edge = this.#firstEdge[node] ?? 0; edge < end; edge++) yield this.#target(edge);
  }

  *edges(node: HeapNode): IterableIterator<HeapEdge> {
    const { edges } = this.#json;
    const end = this.#firstEdge[node + 1] ?? 0;
    for (let edge = this.#firstEdge[node] ?? 0; edge < end; edge++) {
      const type = this.#edgeTypes[edges[edge * this.#edgeWidth] ?? 0] ?? "";
      const name = edges[edge * this.#edgeWidth + 1] ?? 0;
      const isIndex = type === "element" || type === "hidden";
      yield { from: node, to: this.#target(edge), type, name: isIndex ? name : this.#string(name) };
    }
  }

  /** The node that the reference of this kind and name leads to. */
  follow(node: HeapNode, type: string, name: string | number): HeapNode | undefined {
    for (const edge of this.edges(node)) {
      if (edge.type === type && edge.name === name) return edge.to;
    }
    return undefined;
  }

  /** The first node of this type and name. */
  find(type: string, name: string): HeapNode | undefined {
    for (let node = 0; node < this.size; node++) {
      if (this.typeOf(node) === type && this.nameOf(node) === name) return node;
    }
    return undefined;
  }

  #target(edge: number): HeapNode {
    return (this.#json.edges[edge * this.#edgeWidth + 2] ?? 0) / this.#nodeWidth;
  }

  #string(index: number | undefined): string {
    return this.#json.strings[index ?? 0] ?? "";
  }
}
