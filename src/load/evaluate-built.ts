import { SOURCE_MAP_LINE } from "../artifact/layout.ts";
import type { Bridge, CommonJsCode, SectionCode } from "../artifact/manifest.ts";
import type { BuiltModule, BuiltPlugin } from "./found-artifact.ts";
import { compileSection, type EvaluatedModules, linkSections } from "./evaluate.ts";
import type { GraphContext } from "./graph.ts";
import { isInspected, sourceMaps } from "./source-maps.ts";

/**
 * What makes the code of modules. A module that did not change is neither compiled nor linked again by the engine: the code of
 * all its generations is one, with variables of their own.
 */
const compiled = new WeakMap<BuiltModule, () => SectionCode | CommonJsCode>();

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
    return compile(module)();
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

function compile(module: BuiltModule): () => SectionCode | CommonJsCode {
  const known = compiled.get(module);
  if (known !== undefined) return known;
  const { file: filename, text } = module;
  const map = isInspected() ? module.sourceMap() : undefined;
  // A debugger learns of the map from the text.
  const mapLine =
    map === undefined ? "" : `\n${SOURCE_MAP_LINE}data:application/json;base64,${Buffer.from(map).toString("base64")}`;
  const make = compileSection(text + mapLine, { filename });
  compiled.set(module, make);
  return make;
}
