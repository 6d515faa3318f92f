import { createRequire } from "node:module";
import { relative } from "node:path";
import type { GenerationRecord, GenerationRegistry } from "../generation/generation-record.ts";
import { ownFolder } from "../own-package.ts";
import { collectNow } from "./collect.ts";
import { Explanation, type GenerationName } from "../generation/explanation.ts";
import { GenerationNodes, generationScopes } from "./heap/generation-nodes.ts";
import { HeapSnapshot } from "./heap/heap-snapshot.ts";
import { HolderSearch } from "./heap/holder-search.ts";
import { collectionsOf, type NamedObject, processListeners, Rank } from "./heap/host-objects.ts";
import { findProbed, HotswapProbe } from "./heap/probe.ts";

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
    // In a later turn of the event loop: looking at a generation keeps it alive until this turn ends.
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectNow();
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  return explainFreed(record, context);
}

function explainMissing(name: GenerationName, registry: GenerationRegistry): Explanation {
  const count = registry.count(name.plugin);
  const first = registry.plugins.includes(name.plugin.toLowerCase()) ? 0 : 1;
  if (Number.isInteger(name.number) && name.number >= first && name.number <= count) {
    return new Explanation({ ...name, state: "collected" });
  }
  const known = count === 0 ? `no plugin "${name.plugin}" was ever loaded` : `"${name.plugin}" has had ${count}`;
  throw new RangeError(`there has never been a generation ${name.plugin}#${name.number}: ${known}`);
}

/** Synchronous, so that nothing of the generation is held over a turn of the event loop. */
function explainFreed(record: GenerationRecord, context: ExplainContext): Explanation {
  const name = { plugin: record.plugin, number: record.number };
  const { code } = record;
  if (code === undefined) return new Explanation({ ...name, state: "collected" });
  const modules = namedModules(context);
  const others = bridges(Array.from(context.registry).filter(({ state }) => state === "live" || state === "draining"));
  const targets = {
    starts: [...modules, ...processListeners(), ...others],
    collections: collectionsOf([...modules, { name: "globalThis", object: globalThis, rank: Rank.module }]),
    own: context.own,
    ...code,
  };
  const probe = new HotswapProbe(targets);
  const snapshot = HeapSnapshot.take();
  // Until here, or the engine might find that nobody needs it.
  const probed = probe.bridge === code.bridge ? findProbed(snapshot, targets) : undefined;
  const scopes = generationScopes(snapshot);
  if (probed === undefined || scopes.size < others.length) {
    return new Explanation({
      ...name,
      state: "freed",
      detail: " (the snapshot of the heap has another form than expected)",
    });
  }
  const own = scopes.get(probed.bridge);
  // The scope that had the bridge is gone, and the code with it: only the engine still refers to the bridge.
  if (own === undefined) return new Explanation({ ...name, state: "collected" });
  return explainHeld(name, new HolderSearch(snapshot, probed, scopes, new GenerationNodes(snapshot, own, probed)));
}

function explainHeld(name: GenerationName, search: HolderSearch): Explanation {
  const target = `${name.plugin}#${name.number}`;
  const path = search.path(target);
  if (path !== undefined) return new Explanation({ ...name, state: "freed", path });
  const held = search.heldByEngine(target);
  const detail = held === undefined ? "" : ` (the engine itself refers to ${held})`;
  return new Explanation({ ...name, state: "freed", suspects: search.suspects(), detail });
}

/** The host's modules: by the names that plugins use, and all others by their paths. */
function namedModules({ hostModules, root }: ExplainContext): NamedObject[] {
  const named = new Map<object, NamedObject>();
  for (const [specifier, object] of hostModules) {
    named.set(object, { name: `host module ${specifier.replace(/^\.\//, "")}`, object, rank: Rank.shared });
  }
  for (const [file, module] of Object.entries(createRequire(import.meta.url).cache)) {
    const object: unknown = module?.exports;
    if (typeof object !== "object" || object === null || named.has(object)) continue;
    const name = file.startsWith(`${root}/`) ? relative(root, file) : file;
    const rank = file.startsWith(ownFolder) ? Rank.own : Rank.module;
    named.set(object, { name: `host module ${name}`, object, rank });
  }
  return Array.from(named.values());
}

function bridges(records: readonly GenerationRecord[]): NamedObject[] {
  return records.flatMap((record) => {
    const { bridge, state } = record;
    return bridge === undefined ? [] : [{ name: `plugin ${record} (${state})`, object: bridge, rank: Rank.plugin }];
  });
}
