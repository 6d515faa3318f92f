import type { Script } from "node:vm";
import { SOURCE_MAP_LINE } from "../artifact/layout.ts";
import type { Bridge, CommonJsCode, SectionCode } from "../artifact/manifest.ts";
import type { BuiltModule, BuiltPlugin } from "./found-artifact.ts";
import { type EvaluatedModules, linkSections, runSection, sectionScript } from "./evaluate.ts";
import type { GraphContext } from "./graph.ts";
import { isInspected, sourceMaps } from "./source-maps.ts";

const scripts = new WeakMap<BuiltModule, Script>();

/** Evaluates the modules of a plugin that was built in this process. Rejects with what a module throws. */
export async function evaluateBuilt(
  graph: GraphContext,
  { manifest, modules }: BuiltPlugin,
  { bridge, root }: { readonly bridge: Bridge; readonly root: string },
): Promise<EvaluatedModules> {
  const { sections } = manifest;
  if (sections === undefined) throw new TypeError(`${manifest.name} has no sections`);
  // A debugger would take the module that carries the map for the source itself.
  const maps = sourceMaps.add(isInspected() ? [] : modules);
  const code = (index: number): SectionCode | CommonJsCode => {
    const module = modules[index];
    if (module === undefined) throw new TypeError(`${manifest.name} has no module ${index}`);
    return runSection(scriptOf(module));
  };
  maps.ifShort();
  try {
    return await linkSections(graph, { sections, code }, { manifest, bridge, root });
  } catch (error) {
    sourceMaps.tell();
    throw error;
  } finally {
    maps.later();
  }
}

function scriptOf(module: BuiltModule): Script {
  const known = scripts.get(module);
  if (known !== undefined) return known;
  const { file: filename, text } = module;
  const map = isInspected() ? module.sourceMap() : undefined;
  // A debugger learns of the map from the text.
  const mapLine =
    map === undefined ? "" : `\n${SOURCE_MAP_LINE}data:application/json;base64,${Buffer.from(map).toString("base64")}`;
  const script = sectionScript(text + mapLine, { filename });
  scripts.set(module, script);
  return script;
}
