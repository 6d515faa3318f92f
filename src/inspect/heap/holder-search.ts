import type { GenerationNodes } from "./generation-nodes.ts";
import type { HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import { Rank } from "./host-objects.ts";
import { nameSteps } from "./path-names.ts";
import type { ProbedNodes } from "./probe.ts";
import { Reach, type ReferencePath, withoutHold } from "./reference-path.ts";
import type { PathStart } from "./probe.ts";

/** How many collections are named when no path can be seen. */
const MAX_SUSPECTS = 10;

/** Looks for what keeps one generation, from what says most to what says least. */
export class HolderSearch {
  readonly #snapshot: HeapSnapshot;
  readonly #probed: ProbedNodes;
  readonly #target: GenerationNodes;
  readonly #starts: readonly PathStart[];
  readonly #blocked: ReadonlySet<HeapNode>;

  constructor(
    snapshot: HeapSnapshot,
    probed: ProbedNodes,
    scopes: ReadonlyMap<HeapNode, readonly HeapNode[]>,
    target: GenerationNodes,
  ) {
    this.#snapshot = snapshot;
    this.#probed = probed;
    this.#target = target;
    const globalObject = snapshot.find("object", "GlobalObject");
    this.#starts = [
      // A plugin is known by its bridge, which leads nowhere; its modules lie in the scopes around it.
      ...probed.starts.flatMap(({ name, rank, node: bridge }) =>
        (scopes.get(bridge) ?? [bridge]).map((node) => ({ name, rank, node })),
      ),
      ...(globalObject === undefined ? [] : [{ name: "globalThis", node: globalObject, rank: Rank.engine }]),
    ];
    this.#blocked = new Set([probed.probe, ...withoutHold(snapshot)]);
  }

  /**
   * The names along the shortest path to the generation's code, from something that people know. `target` is the
   * generation's name.
   */
  path(target: string): string[] | undefined {
    return (
      this.#pathInHost(target) ?? this.#find(this.#starts, target) ?? this.#find(this.#engineRoots().native, target)
    );
  }

  /** Not through plugins: they refer to what they import, so what the host keeps seems to be kept by each of them. */
  #pathInHost(target: string): string[] | undefined {
    const ofPlugins = new Set(this.#starts.filter(({ rank }) => rank === Rank.plugin).map(({ node }) => node));
    const ofHost = this.#starts.filter(({ rank }) => rank !== Rank.plugin && rank !== Rank.own);
    return this.#find(ofHost, target, ofPlugins);
  }

  /** What of the generation the engine itself refers to, as a path that begins there. */
  heldByEngine(target: string): string | undefined {
    return this.#find(this.#engineRoots().others, target)?.slice(1).join(" > ");
  }

  /** The collections whose contents are not known and that the host's code can reach, each as a path. */
  suspects(): string[] {
    const reach = new Reach(this.#snapshot, this.#probed.contents, {
      starts: this.#starts,
      blocked: this.#ownAndBlocked(),
    });
    const paths: ReferencePath[] = [];
    for (const node of reach.nodes) {
      if (!this.#isFilledCollection(node) || this.#probed.contents.has(node)) continue;
      const path = reach.pathTo(node);
      if (path !== undefined && path.start.rank !== Rank.own) paths.push(path);
    }
    return paths
      .toSorted((a, b) => a.start.rank - b.start.rank)
      .slice(0, MAX_SUSPECTS)
      .map((path) => nameSteps(this.#snapshot, path).join(" > "));
  }

  #find(starts: readonly PathStart[], target: string, besides?: ReadonlySet<HeapNode>): string[] | undefined {
    // What runs in the generation's context refers to its graph. The function that waits says more than that.
    const { graph } = this.#target;
    const withoutGraph = graph === undefined ? this.#blocked : new Set([...this.#blocked, graph]);
    for (const known of [withoutGraph, this.#blocked]) {
      const blocked = besides === undefined ? known : known.union(besides);
      const reach = new Reach(this.#snapshot, this.#probed.contents, { starts, blocked });
      const path = reach.pathTo(this.#probed.bridge);
      if (path !== undefined) return nameSteps(this.#snapshot, path, { nodes: this.#target, name: target });
    }
    return undefined;
  }

  /** What the engine holds by itself: what people know, timers, servers, sockets and the like, and everything else. */
  #engineRoots(): { readonly native: PathStart[]; readonly others: PathStart[] } {
    const native: PathStart[] = [];
    const others: PathStart[] = [];
    const queue = [0];
    const seen = new Set(queue);
    for (const node of queue) {
      for (const to of this.#snapshot.targets(node)) {
        if (seen.has(to)) continue;
        seen.add(to);
        const name = this.#snapshot.nameOf(to);
        const type = this.#snapshot.typeOf(to);
        if (type === "synthetic" || name === "StrongRootBlock") queue.push(to);
        else if (type === "native") native.push({ name: `the engine's ${name}`, node: to, rank: Rank.engine });
        else if (to !== this.#probed.bridge && to !== this.#probed.probe)
          others.push({ name: "the engine", node: to, rank: Rank.engine });
      }
    }
    return { native, others };
  }

  /** Hotswap and the engine's own modules have collections, too; they are not reported. */
  #ownAndBlocked(): Set<HeapNode> {
    const blocked = new Set(this.#blocked);
    const ownClasses = new Set(Array.from(this.#probed.own, (node) => this.#snapshot.nameOf(node)));
    for (let node = 0; node < this.#snapshot.size; node++) {
      if (ownClasses.has(this.#snapshot.nameOf(node))) blocked.add(node);
    }
    const internals = this.#snapshot.find("object", "InternalModuleRegistry");
    if (internals !== undefined) blocked.add(internals);
    return blocked;
  }

  #isFilledCollection(node: HeapNode): boolean {
    if (this.#snapshot.typeOf(node) !== "object") return false;
    const name = this.#snapshot.nameOf(node);
    if (name !== "Map" && name !== "Set") return false;
    for (const to of this.#snapshot.targets(node)) if (this.#snapshot.nameOf(to) === "Cell Butterfly") return true;
    return false;
  }
}
