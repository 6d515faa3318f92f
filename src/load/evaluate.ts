import { readSections } from "../artifact/decode.ts";
import {
  type Bridge,
  LIVE_EXPORT,
  type LiveExports,
  type Manifest,
  META_EXPORT,
  type Sections,
} from "../artifact/manifest.ts";
import type { GraphContext } from "./graph.ts";
import { LinkedSections } from "./sections.ts";

/** The modules of a plugin, evaluated. */
export interface EvaluatedModules {
  /** The root module's namespace. */
  readonly rootModule: Record<string, unknown>;
  readonly live: LiveExports;
}

export interface EvaluateOptions {
  readonly manifest: Manifest;
  readonly bridge: Bridge;
  /** Absolute path of the artifact's copy. */
  readonly copy: string;
  /** Its bytes. */
  read(): Uint8Array;
  /** The project's root. */
  readonly root: string;
}

/** Evaluates a plugin's modules in a graph that sees `bridge`. Rejects with what a module throws. */
export async function evaluateModules(graph: GraphContext, options: EvaluateOptions): Promise<EvaluatedModules> {
  const { sections } = options.manifest;
  if (sections !== undefined) return evaluateSections(graph, sections, options);
  const rootModule = await graph.import(options.copy);
  const live = rootModule[LIVE_EXPORT] as LiveExports | undefined;
  return { rootModule, live: live ?? { funcs: {}, types: {} } };
}

async function evaluateSections(
  graph: GraphContext,
  sections: Sections,
  { manifest, bridge, copy, read, root }: EvaluateOptions,
): Promise<EvaluatedModules> {
  const { hostModules, liveFuncs, liveTypes } = manifest;
  // The artifact itself only says where it is, and tells the engine of its source map.
  const isNeeded = sections.meta || sections.modules.some(({ line }) => line !== undefined);
  const artifact = isNeeded ? await graph.import(copy) : {};
  const texts = readSections(read(), manifest, copy);
  const meta = artifact[META_EXPORT] as object | undefined;
  const linked = new LinkedSections(bridge, { sections, texts, hostModules, copy, root, meta, graph });
  const live = [...Object.entries(liveFuncs), ...Object.entries(liveTypes)];
  return graph.run(() => {
    const rootModule = linked.own(sections.root);
    // By the names of what is live, whatever kinds of things they are: as in a bundle.
    for (const [, path] of live.toSorted(([a], [b]) => (a < b ? -1 : 1))) linked.own(path);
    const table = (files: Readonly<Record<string, string>>): Record<string, unknown> =>
      Object.fromEntries(
        Object.entries(files).map(([name, path]) => [name, linked.own(path)[sections.exportNames[name] ?? name]]),
      );
    return { rootModule, live: { funcs: table(liveFuncs), types: table(liveTypes) } };
  });
}
