import { join } from "node:path";
import type { ScriptOptions } from "node:vm";
import { readSections } from "../artifact/decode.ts";
import {
  type Bridge,
  type CommonJsCode,
  LIVE_EXPORT,
  type LiveExports,
  type Manifest,
  type SectionCode,
  type Sections,
} from "../artifact/manifest.ts";
import { bodyGlobals } from "./bodies.ts";
import type { GraphContext } from "./graph.ts";
import { runInHost } from "../run-in-host.ts";
import { LinkedSections, type SectionSource } from "./sections.ts";

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
  const texts = readSections(read(), manifest, copy);
  // The artifact itself only tells the engine of its source map.
  if (sections.modules.some(({ line }) => line !== undefined)) await graph.import(copy);
  const code = (index: number): SectionCode | CommonJsCode => {
    const { path, line } = sections.modules[index] ?? { path: "" };
    const place =
      line === undefined
        ? { filename: join(root, manifest.folder, path.replace(/\?type=.*$/, "")) }
        : { filename: copy, lineOffset: line };
    return compileSection(texts[index] ?? "", place)();
  };
  return linkSections(graph, { sections, code }, { manifest, bridge, root });
}

type GivenGlobals = (...globals: readonly unknown[]) => SectionCode | CommonJsCode;

/**
 * Compiles the text of a section. Returns what makes the section's code, anew for each generation. The text is wrapped in
 * what a graph gives to its own modules, because a section is not one of them.
 */
export function compileSection(text: string, place: ScriptOptions): () => SectionCode | CommonJsCode {
  // Loaded here, because a host that loads bundled artifacts never needs it.
  const { Script } = process.getBuiltinModule("node:vm");
  const script = new Script(`(${Object.keys(bodyGlobals).join(",")})=>${text}`, place);
  // Nothing of it belongs to the generation that happens to be the first.
  const given = runInHost(() => script.runInThisContext() as GivenGlobals);
  return () => given(...Object.values(bodyGlobals));
}

/** Evaluates the modules of a plugin that are kept apart, whatever their code comes from. */
export async function linkSections(
  graph: GraphContext,
  { sections, code }: Pick<SectionSource, "sections" | "code">,
  { manifest, bridge, root }: Pick<EvaluateOptions, "manifest" | "bridge" | "root">,
): Promise<EvaluatedModules> {
  const { name: plugin, folder, hostModules, liveFuncs, liveTypes } = manifest;
  const linked = new LinkedSections(bridge, { plugin, folder, sections, hostModules, code, root, graph });
  // By the names of what is live, whatever kinds of things they are: as in a bundle.
  const live = [...Object.entries(liveFuncs), ...Object.entries(liveTypes)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const paths = [...new Set([sections.root, ...live.map(([, path]) => path)])];
  const namespaces = await graph.run(() => linked.import(paths));
  const table = (files: Readonly<Record<string, string>>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(files).map(([name, path]) => [
        name,
        namespaces[paths.indexOf(path)]?.[sections.exportNames[name] ?? name],
      ]),
    );
  return { rootModule: namespaces[0] ?? {}, live: { funcs: table(liveFuncs), types: table(liveTypes) } };
}
