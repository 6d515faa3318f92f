import { BRIDGE_GLOBAL } from "../../artifact/manifest.ts";
import type { HeapNode, HeapSnapshot } from "./heap-snapshot.ts";

const SCOPE = /^system \/ JS\w+Environment$/;

/** The scope around all modules of each generation, by the node of its bridge. */
export function generationScopes(snapshot: HeapSnapshot): Map<HeapNode, HeapNode> {
  const scopes = new Map<HeapNode, HeapNode>();
  for (let node = 0; node < snapshot.size; node++) {
    if (!SCOPE.test(snapshot.nameOf(node))) continue;
    const bridge = snapshot.follow(node, "context", BRIDGE_GLOBAL);
    if (bridge !== undefined) scopes.set(bridge, node);
  }
  return scopes;
}

/** What of a snapshot is code of one generation. */
export class GenerationNodes {
  readonly #snapshot: HeapSnapshot;
  /** The scope that all of the generation's functions lie in. */
  readonly #scope: HeapNode;
  readonly #inside = new Map<HeapNode, boolean>();
  /** The graph object: what asynchronous work that was begun in the generation refers to, whosever code goes on with it. */
  readonly graph: HeapNode | undefined;

  constructor(snapshot: HeapSnapshot, scope: HeapNode) {
    this.#snapshot = snapshot;
    this.#scope = scope;
    this.graph = snapshot.follow(scope, "context", "moduleGraph");
  }

  /** Whether this is what the generation's code lies in, and none of its code. */
  isFrame(node: HeapNode): boolean {
    return node === this.#scope || node === this.graph;
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
    if (name === "ModuleNamespaceObject") return this.#isNamespace(node) ? "the module namespace" : undefined;
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
    for (const record of this.#snapshot.targets(node)) {
      if (this.#snapshot.nameOf(record) !== "ModuleRecord") continue;
      for (const scope of this.#snapshot.targets(record)) if (this.#isInside(scope)) return true;
    }
    return false;
  }

  /** Whether the constructor of the object's class is the generation's. */
  #isInstance(node: HeapNode): boolean {
    for (const shape of this.#snapshot.targets(node)) {
      if (this.#snapshot.typeOf(shape) !== "object shape") continue;
      for (const prototype of this.#snapshot.targets(shape)) {
        const constructor = this.#snapshot.follow(prototype, "property", "constructor");
        if (constructor !== undefined && this.#isInside(constructor)) return true;
      }
    }
    return false;
  }

  /** Whether a function or scope lies in the generation's scope. */
  #isInside(node: HeapNode): boolean {
    if (node === this.#scope) return true;
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
