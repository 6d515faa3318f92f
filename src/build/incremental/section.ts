import { relative } from "node:path";
import type { HostModule } from "../../artifact/manifest.ts";
import { BRIDGE_GLOBAL, LIVE_EXPORT, ROOT_EXPORT } from "../../artifact/manifest.ts";
import { propertyKey } from "../bundle/entry.ts";
import type { LiveThing } from "../source/live-names.ts";
import { dynamicName, META } from "./module-code.ts";
import type { LinkedImport, LinkedModule } from "./plugin-graph.ts";
import type { Target } from "./resolution.ts";

/** What a section calls its imports: {@link SectionImports}. */
const PLUGIN = "__plugin__";

/** The name of a module's section. */
export function sectionPath(pluginDir: string, path: string): string {
  return relative(pluginDir, path).replaceAll("\\", "/");
}

/**
 * The text of a section: {@link SectionCode}. Its first line stands where the bundler's first line stood, and all that the
 * module imports is bound there.
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
  const tail = `return[{${[`__proto__:${PLUGIN}.namespace`, ...getters].join(",")}},[${stars.join(",")}],()=>${BRIDGE_GLOBAL}]})`;
  return `${head.join("")}\n${body.trimEnd()}\n${tail}`;
}

function binding({ target, bindings }: LinkedImport, pluginDir: string): string {
  const source = `${PLUGIN}.${target.kind === "own" ? "own" : "outside"}(${JSON.stringify(nameOf(target, pluginDir))})`;
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
  return `${PLUGIN}.${target.kind === "own" ? "importOwn" : "importOutside"}(${name})`;
}

function nameOf(target: Target, pluginDir: string): string {
  return target.kind === "own" ? sectionPath(pluginDir, target.path) : target.specifier;
}

/** What the sections of a plugin reach outside of it. */
export interface OutsideModules {
  /** Specifiers of Bun's own modules, sorted. */
  readonly builtins: readonly string[];
  /** Sorted by their specifiers. */
  readonly hostModules: readonly HostModule[];
}

export function outsideModules(modules: Iterable<LinkedModule>): OutsideModules {
  const builtins = new Set<string>();
  const names = new Map<string, { names: Set<string>; lazy: boolean }>();
  const take = (target: Target, taken: readonly string[], lazy: boolean): void => {
    if (target.kind === "builtin") builtins.add(target.specifier);
    if (target.kind !== "host") return;
    const known = names.get(target.specifier) ?? { names: new Set<string>(), lazy: true };
    names.set(target.specifier, known);
    for (const name of taken) known.names.add(name);
    if (!lazy) known.lazy = false;
  };
  for (const { imports, dynamic } of modules) {
    for (const { target, bindings } of imports) {
      const taken = bindings.map(([name]) => name).filter((name) => name !== "*");
      take(target, taken, false);
    }
    for (const target of dynamic) take(target, [], true);
  }
  const specifiers = [...names.keys()].toSorted();
  return {
    builtins: [...builtins].toSorted(),
    hostModules: specifiers.map((specifier): HostModule => {
      const { names: taken, lazy } = names.get(specifier) ?? { names: [], lazy: true };
      return { specifier, names: [...taken].toSorted(), lazy };
    }),
  };
}

/** The code that links the sections: the artifact itself, as a module. */
export function linkingCode(
  { builtins, hostModules }: OutsideModules,
  rootModule: string,
  live: readonly LiveThing[],
  pluginDir: string,
): string {
  const modules = builtins.map((specifier, index) => `${propertyKey(specifier)}: builtin${index}`);
  const lazy: string[] = [];
  for (const [index, module] of hostModules.entries()) {
    const key = propertyKey(module.specifier);
    if (module.lazy) lazy.push(`${key}: ${index}`);
    else modules.push(`${key}: ${BRIDGE_GLOBAL}.module(${index})`);
  }
  const own = (path: string): string => `own(${JSON.stringify(sectionPath(pluginDir, path))})`;
  const table = (kind: LiveThing["kind"]): string => {
    const entries = live.filter((thing) => thing.kind === kind);
    return entries
      .map(({ name, file, exportName }) => `${propertyKey(name)}: ${own(file)}[${JSON.stringify(exportName)}]`)
      .join(", ");
  };
  return [
    ...builtins.map((specifier, index) => `import * as builtin${index} from ${JSON.stringify(specifier)};\n`),
    `const own = ${BRIDGE_GLOBAL}.link({ meta: import.meta, modules: { ${modules.join(", ")} }, lazy: { ${lazy.join(", ")} } });\n`,
    `export const ${ROOT_EXPORT} = ${own(rootModule)};\n`,
    `export const ${LIVE_EXPORT} = { funcs: { ${table("function")} }, types: { ${table("type")} } };\n`,
  ].join("");
}
