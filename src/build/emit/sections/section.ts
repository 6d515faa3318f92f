import { relative } from "node:path";
import type { HostModule } from "../../../artifact/manifest.ts";
import { BRIDGE_GLOBAL } from "../../../artifact/manifest.ts";
import { propertyKey } from "../bundle/entry.ts";
import { dynamicName, META, type ModuleImport } from "../../compile/module-code.ts";
import type { LinkedImport, LinkedModule } from "./plugin-graph.ts";
import type { Target } from "../../host/resolution.ts";

/** What a section calls its imports: {@link SectionImports}. */
const PLUGIN = "__plugin__";

/** The name of a module's section. */
export function sectionPath(pluginDir: string, path: string): string {
  return relative(pluginDir, path).replaceAll("\\", "/");
}

/**
 * The text of a section: {@link SectionCode}. All that the module imports is bound in its first line, which stands where the
 * bundler's first line stood.
 */
export function sectionText({ compiled, imports, dynamic }: LinkedModule, pluginDir: string): string {
  const { body, exports } = compiled;
  const head = [
    `(function(${BRIDGE_GLOBAL},${PLUGIN}){"use strict";`,
    ...imports.map((entry) => binding(entry, pluginDir)),
    ...dynamic.map((target, index) => `const ${dynamicName(index)}=()=>${importCall(target, pluginDir)};`),
    ...(body.includes(META) ? [`const ${META}=${PLUGIN}.meta;`] : []),
  ];
  const getters = [...exports.keys()]
    .toSorted()
    .map((name) => `get ${propertyKey(name)}(){return ${exports.get(name)}}`);
  const stars = imports.flatMap(({ star, target }) => (star ? [JSON.stringify(nameOf(target, pluginDir))] : []));
  const tail = `return[{${[`__proto__:${PLUGIN}.namespace`, ...getters].join(",")}},[${stars.join(",")}],()=>[${BRIDGE_GLOBAL},${PLUGIN}]]})`;
  // With all of its lines: the source map speaks of those that stood where the imports and exports were, too. Without a map
  // they are those of the source, and what is new stands in the first and behind the last.
  return `${head.join("")}${compiled.mappings === undefined ? "" : "\n"}${body}\n${tail}`;
}

function binding({ target, bindings }: LinkedImport, pluginDir: string): string {
  const source = `${PLUGIN}.${target.kind === "own" ? "own" : "host"}(${JSON.stringify(nameOf(target, pluginDir))})`;
  const members = bindings.filter(([name]) => name !== "*");
  const namespaces = bindings.filter(([name]) => name === "*");
  const parts = namespaces.map(([, local]) => `const ${local}=${source};`);
  if (members.length > 0) {
    const list = members.map(([name, local]) => (name === local ? name : `${propertyKey(name)}:${local}`));
    parts.push(`const{${list.join(",")}}=${source};`);
  }
  return parts.length > 0 ? parts.join("") : `${source};`;
}

function importCall(target: Target, pluginDir: string): string {
  const name = JSON.stringify(nameOf(target, pluginDir));
  return `${PLUGIN}.${target.kind === "own" ? "importOwn" : "importHost"}(${name})`;
}

function nameOf(target: Target, pluginDir: string): string {
  return target.kind === "own" ? sectionPath(pluginDir, target.path) : target.specifier;
}

/** What the modules of a plugin take from modules outside of it, sorted by their specifiers. */
export function hostModulesOf(modules: Iterable<LinkedModule>): HostModule[] {
  const uses = new Map<string, { names: Set<string>; lazy: boolean }>();
  const use = (target: Target, taken: ModuleImport["bindings"], lazy: boolean): void => {
    if (target.kind === "own") return;
    const known = uses.get(target.specifier) ?? { names: new Set<string>(), lazy: true };
    uses.set(target.specifier, known);
    for (const [name] of taken) if (name !== "*") known.names.add(name);
    if (!lazy) known.lazy = false;
  };
  for (const { imports, dynamic } of modules) {
    for (const { target, bindings } of imports) use(target, bindings, false);
    for (const target of dynamic) use(target, [], true);
  }
  return Array.from(uses, ([specifier, { names, lazy }]) => ({
    specifier,
    names: [...names].toSorted(),
    lazy,
  })).toSorted((a, b) => (a.specifier < b.specifier ? -1 : 1));
}
