import { BRIDGE_GLOBAL } from "../../artifact/manifest.ts";
import type { HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import type { ProbedNodes } from "./probe.ts";

const SCOPE = /^system \/ JS\w+Environment$/;

/**
 * The scopes that each generation's functions lie in, by the node of its bridge: the one around all modules of its graph,
 * and those of each section, of which one has the bridge and another the variables of the module.
 */
export function generationScopes(snapshot: HeapSnapshot): Map<HeapNode, HeapNode[]> {
  const scopes = new Map<HeapNode, HeapNode[]>();
  const bridges = new Map<HeapNode, HeapNode>();
  const others: HeapNode[] = [];
  for (let node = 0; node < snapshot.size; node++) {
    if (!SCOPE.test(snapshot.nameOf(node))) continue;
    const bridge = snapshot.follow(node, "context", BRIDGE_GLOBAL);
    if (bridge === undefined) others.push(node);
    else bridges.set(node, bridge);
  }
  for (const [node, bridge] of bridges) {
    const known = scopes.get(bridge);
    if (known === undefined) scopes.set(bridge, [node]);
    else known.push(node);
  }
  for (const node of others) {
    for (const outer of snapshot.targets(node)) scopes.get(bridges.get(outer) ?? -1)?.push(node);
  }
  return scopes;
}

/** What of a snapshot is code of one generation. */
export class GenerationNodes {
  readonly #snapshot: HeapSnapshot;
  /** The scopes in one of which each of the generation's functions lies. */
  readonly #scopes: ReadonlySet<HeapNode>;
  /** The prototype of the namespaces of sections. */
  readonly #namespace: HeapNode | undefined;
  readonly #inside = new Map<HeapNode, boolean>();
  /**
   * The graph object: asynchronous work that began in the generation refers to it, even when other code continues the
   * work.
   */
  readonly graph: HeapNode | undefined;

  constructor(snapshot: HeapSnapshot, scopes: Iterable<HeapNode>, { graph, namespace }: ProbedNodes) {
    this.#snapshot = snapshot;
    this.#scopes = new Set(scopes);
    this.#namespace = namespace;
    this.graph = graph;
  }

  /** Whether this node only surrounds the generation's code. */
  isFrame(node: HeapNode): boolean {
    return this.#scopes.has(node) || node === this.graph;
  }

  /**
   * What this node is to the generation, in words that are followed by "of" and its name; `undefined` when it is none of
   * its functions, nor an object of one of its classes.
   */
  describe(node: HeapNode): string | undefined {
    const name = this.#snapshot.nameOf(node);
    if (this.#snapshot.typeOf(node) === "closure") {
      if (!this.#isInside(node)) return undefined;
      return name === "" || name === "Function" ? "an anonymous function" : `function ${name}`;
    }
    if (this.#snapshot.typeOf(node) !== "object") return undefined;
    if (this.#isNamespace(node)) return "the module namespace";
    if (name.endsWith("Generator")) return this.#describeSuspended(node, name);
    return this.#isInstance(node) ? `an instance of ${name}` : undefined;
  }

  #describeSuspended(node: HeapNode, name: string): string | undefined {
    for (const to of this.#snapshot.targets(node)) {
      if (this.#snapshot.typeOf(to) !== "closure" || !this.#isInside(to)) continue;
      return name.startsWith("Async") ? "an async function that waits for it" : "a generator";
    }
    return undefined;
  }

  #isNamespace(node: HeapNode): boolean {
    if (this.#snapshot.nameOf(node) !== "ModuleNamespaceObject") return this.#isSectionNamespace(node);
    for (const record of this.#snapshot.targets(node)) {
      if (this.#snapshot.nameOf(record) !== "ModuleRecord") continue;
      for (const scope of this.#snapshot.targets(record)) if (this.#isInside(scope)) return true;
    }
    return false;
  }

  /** The namespace of a section has a getter for each name, which is a function of the module. */
  #isSectionNamespace(node: HeapNode): boolean {
    if (this.#namespace === undefined || !this.#prototypes(node).includes(this.#namespace)) return false;
    for (const accessor of this.#snapshot.targets(node)) {
      if (this.#snapshot.nameOf(accessor) !== "GetterSetter") continue;
      for (const getter of this.#snapshot.targets(accessor)) if (this.#isInside(getter)) return true;
    }
    return false;
  }

  /** Whether the constructor of the object's class is the generation's. */
  #isInstance(node: HeapNode): boolean {
    return this.#prototypes(node).some((prototype) => {
      const constructor = this.#snapshot.follow(prototype, "property", "constructor");
      return constructor !== undefined && this.#isInside(constructor);
    });
  }

  /** What the object's shape refers to: its prototype is among them. */
  #prototypes(node: HeapNode): HeapNode[] {
    const shapes = Array.from(this.#snapshot.targets(node)).filter(
      (to) => this.#snapshot.typeOf(to) === "object shape",
    );
    return shapes.flatMap((shape) => Array.from(this.#snapshot.targets(shape)));
  }

  /** Whether a function or scope lies in one of the generation's scopes. */
  #isInside(node: HeapNode): boolean {
    if (this.#scopes.has(node)) return true;
    const known = this.#inside.get(node);
    if (known !== undefined) return known;
    this.#inside.set(node, false);
    for (const to of this.#snapshot.targets(node)) {
      const isOuter = SCOPE.test(this.#snapshot.nameOf(to)) || this.#isBoundTo(node, to);
      if (isOuter && this.#isInside(to)) {
        this.#inside.set(node, true);
        return true;
      }
    }
    return false;
  }

  /** A bound function lies nowhere itself; what it was made of does. */
  #isBoundTo(node: HeapNode, to: HeapNode): boolean {
    if (this.#snapshot.typeOf(node) !== "closure" || this.#snapshot.typeOf(to) !== "closure") return false;
    for (const edge of this.#snapshot.edges(node)) if (edge.to === to && edge.type === "internal") return true;
    return false;
  }
}
