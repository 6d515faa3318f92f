import { createRequire } from "node:module";
import { relative } from "node:path";
import type { GenerationRecord, GenerationRegistry } from "../generation/generation-record.ts";
import { collectNow } from "./collect.ts";
import { Explanation, type GenerationName } from "./explanation.ts";
import { generationScopes, GenerationNodes } from "./generation-nodes.ts";
import { type HeapNode, HeapSnapshot } from "./heap-snapshot.ts";
import { collectionsOf, type NamedObject, processListeners } from "./host-objects.ts";
import { nameSteps } from "./path-names.ts";
import { findProbed, HotswapProbe, type ProbedNodes } from "./probe.ts";
import { withoutHold, type PathStart, Reach } from "./reference-path.ts";

/** Whose generations are explained. */
export interface ExplainContext {
  readonly registry: GenerationRegistry;
  /** The host's modules by the names that plugins know them by. */
  readonly hostModules: Iterable<readonly [specifier: string, namespace: object]>;
  /** The folder that paths of modules are shown from. */
  readonly root: string;
  /** Objects whose insides are hotswap's own. */
  readonly own: readonly object[];
}

/** Collections before what is still there counts as held. */
const COLLECTIONS = 3;

/** How many collections are named when no path can be seen. */
const MAX_SUSPECTS = 10;

/**
 * Says what keeps a generation in memory: `swapper.explain()`. For one that is freed it collects garbage and takes a
 * snapshot of the heap, which stops the host for a time that grows with it (about 50 ms for a small one). Throws a
 * RangeError for a generation that there never was.
 */
export async function explain({ plugin, number }: GenerationName, context: ExplainContext): Promise<Explanation> {
  const record = context.registry.find(plugin, number);
  if (record === undefined) return explainMissing({ plugin, number }, context.registry);
  const name = { plugin: record.plugin, number };
  if (record.state !== "freed") {
    const calls = record.calls > 0 ? ` (calls under way: ${record.calls})` : "";
    return new Explanation({ ...name, state: record.state, detail: calls });
  }
  for (let round = 0; round < COLLECTIONS && record.bridge !== undefined; round++) {
    // In a later turn of the event loop: to look at a generation is to keep it until this one ends.
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectNow();
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  return explainFreed(record, context);
}

function explainMissing(name: GenerationName, registry: GenerationRegistry): Explanation {
  const count = registry.count(name.plugin);
  if (Number.isInteger(name.number) && name.number >= 1 && name.number <= count) {
    return new Explanation({ ...name, state: "collected" });
  }
  const known = count === 0 ? `no plugin "${name.plugin}" was ever loaded` : `"${name.plugin}" has had ${count}`;
  throw new RangeError(`there has never been a generation ${name.plugin}#${name.number}: ${known}`);
}

/** Synchronous, so that nothing of the generation is held over a turn of the event loop. */
function explainFreed(record: GenerationRecord, context: ExplainContext): Explanation {
  const name = { plugin: record.plugin, number: record.number };
  const { bridge } = record;
  if (bridge === undefined) return new Explanation({ ...name, state: "collected" });
  const modules = namedModules(context);
  const others = bridges(Array.from(context.registry).filter(({ state }) => state === "live" || state === "draining"));
  const targets = {
    starts: [...modules, ...processListeners(), ...others],
    collections: collectionsOf(modules),
    own: context.own,
    bridge,
  };
  const probe = new HotswapProbe(targets);
  const snapshot = HeapSnapshot.take();
  // Until here, or the engine might find that nobody needs it.
  const probed = probe.bridge === bridge ? findProbed(snapshot, targets) : undefined;
  const scopes = generationScopes(snapshot);
  if (probed === undefined || scopes.size < others.length) {
    return new Explanation({
      ...name,
      state: "freed",
      detail: " (the snapshot of the heap has another form than expected)",
    });
  }
  const scope = scopes.get(probed.bridge);
  // What the bridge is a variable of is gone, and with it the code: only the engine still knows the bridge.
  if (scope === undefined) return new Explanation({ ...name, state: "collected" });
  return new Search(snapshot, probed, scopes, new GenerationNodes(snapshot, scope)).explain(name);
}

/** Looks for what keeps one generation, from what says most to what says least. */
class Search {
  readonly #snapshot: HeapSnapshot;
  readonly #probed: ProbedNodes;
  readonly #target: GenerationNodes;
  readonly #starts: readonly PathStart[];
  readonly #blocked: ReadonlySet<HeapNode>;

  constructor(
    snapshot: HeapSnapshot,
    probed: ProbedNodes,
    scopes: ReadonlyMap<HeapNode, HeapNode>,
    target: GenerationNodes,
  ) {
    this.#snapshot = snapshot;
    this.#probed = probed;
    this.#target = target;
    const globalObject = snapshot.find("object", "GlobalObject");
    this.#starts = [
      // A plugin is known by its bridge, which leads nowhere; its modules lie in the scope around it.
      ...probed.starts.map(({ name, node }) => ({ name, node: scopes.get(node) ?? node })),
      ...(globalObject === undefined ? [] : [{ name: "globalThis", node: globalObject }]),
    ];
    this.#blocked = new Set([probed.probe, ...withoutHold(snapshot)]);
  }

  explain(name: GenerationName): Explanation {
    const { graph } = this.#target;
    const withoutGraph = new Set(this.#blocked);
    // What runs in the generation's context refers to its graph. The function that waits says more than that.
    if (graph !== undefined) withoutGraph.add(graph);
    const target = { nodes: this.#target, name: `${name.plugin}#${name.number}` };
    const find = (starts: readonly PathStart[]): string[] | undefined => {
      for (const blocked of [withoutGraph, this.#blocked]) {
        const reach = new Reach(this.#snapshot, this.#probed.contents, { starts, blocked });
        const path = reach.pathTo(this.#probed.bridge);
        if (path !== undefined) return nameSteps(this.#snapshot, path, target);
      }
      return undefined;
    };
    const roots = this.#engineRoots();
    const path = find(this.#starts) ?? find(roots.native);
    if (path !== undefined) return new Explanation({ ...name, state: "freed", path });
    const held = find(roots.others)?.slice(1).join(" > ");
    const detail = held === undefined ? "" : ` (the engine itself refers to ${held})`;
    return new Explanation({ ...name, state: "freed", suspects: this.#suspects(), detail });
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
        else if (type === "native") native.push({ name: `the engine's ${name}`, node: to });
        else if (to !== this.#probed.bridge && to !== this.#probed.probe) others.push({ name: "the engine", node: to });
      }
    }
    return { native, others };
  }

  /** The collections whose contents are not known and that host code can reach. */
  #suspects(): string[] {
    const reach = new Reach(this.#snapshot, this.#probed.contents, {
      starts: this.#starts,
      blocked: this.#ownAndBlocked(),
    });
    const suspects: string[] = [];
    for (const node of reach.nodes) {
      if (!this.#isFilledCollection(node) || this.#probed.contents.has(node)) continue;
      const path = reach.pathTo(node);
      if (path !== undefined) suspects.push(nameSteps(this.#snapshot, path).join(" > "));
      if (suspects.length === MAX_SUSPECTS) break;
    }
    return suspects;
  }

  /** The engine's own modules have collections, too; they hold nothing of anybody. */
  #ownAndBlocked(): Set<HeapNode> {
    const blocked = new Set([...this.#blocked, ...this.#probed.own]);
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

/** The host's modules: by the names that plugins use, and all others by their paths. */
function namedModules({ hostModules, root }: ExplainContext): NamedObject[] {
  const names = new Map<object, string>();
  for (const [specifier, namespace] of hostModules) names.set(namespace, specifier.replace(/^\.\//, ""));
  const { cache } = createRequire(import.meta.url);
  for (const [file, module] of Object.entries(cache)) {
    const exports: unknown = module?.exports;
    if (typeof exports !== "object" || exports === null || names.has(exports)) continue;
    names.set(exports, file.startsWith(`${root}/`) ? relative(root, file) : file);
  }
  return Array.from(names, ([object, name]) => ({ name: `host module ${name}`, object }));
}

function bridges(records: readonly GenerationRecord[]): NamedObject[] {
  return records.flatMap((record) => {
    const { bridge, state } = record;
    return bridge === undefined ? [] : [{ name: `plugin ${record} (${state})`, object: bridge }];
  });
}
