import { relative } from "node:path";
import { BRIDGE_GLOBAL, type HostModule, readHostLabel, type Section } from "../../../artifact/manifest.ts";
import { replaceReferences } from "../../compile/references.ts";
import { unusedName, WHOLE } from "../../compile/module-code.ts";
import type { Target } from "../../host/resolution.ts";
import { NeedsBundler } from "../../needs-bundler.ts";
import { replaceSpans } from "../../text-edits.ts";
import { propertyKey } from "../../quoted-names.ts";
import type { LinkedModule } from "./linked-module.ts";
import type { ModuleNames, Origin } from "./module-names.ts";

/** The name of a module's section. */
export function sectionPath(pluginDir: string, path: string): string {
  return relative(pluginDir, path).replaceAll("\\", "/");
}

/** What the text of a section depends on, beside its module. */
export interface Surroundings {
  readonly pluginDir: string;
  readonly names: ModuleNames;
  /** The circle that a module is in: modules with one number. */
  readonly circleOf: (path: string) => number | undefined;
}

/** How a module reaches what it imports. */
interface Linking {
  /** Bound before anything of the circle is evaluated. */
  readonly early: string[];
  /** Bound before the module is evaluated. */
  readonly bound: string[];
  /** What is read anew each time, by the module's own names for it. */
  readonly live: Map<string, string>;
  /** How many imports stand before the first of the module's own circle; `undefined` when it is in none. */
  readonly before: number | undefined;
}

/**
 * The text of a section: {@link SectionCode}. All that the module imports is bound in its first line. What may change later, or
 * is not there yet because modules import each other in a circle, is read from its module each time; everything else
 * is a constant, so that the texts of functions stay as they are.
 */
export function sectionText(module: LinkedModule, around: Surroundings): string {
  const { compiled } = module;
  const { kind, plugin, text, edits } = compiled;
  if (kind === "commonjs") {
    return `(function(exports,require,module,__filename,__dirname,${BRIDGE_GLOBAL},${plugin}){${replaceSpans(text, edits)}\n})`;
  }
  const linking = linkImports(module, around);
  const live = linking.live.size === 0 ? [] : replaceReferences(text, linking.live);
  const body = replaceSpans(text, [...edits, ...live]);
  const inCircle = linking.before !== undefined;
  const steps =
    inCircle && !compiled.async
      ? ["yield;", ...linking.early, "yield;", ...linking.bound, "yield;"]
      : ["yield;", ...linking.early, ...linking.bound];
  const hoist = `${plugin}.hoist({${[`__proto__:${plugin}.prototype`, ...gettersOf(module, around)].join(",")}},()=>[${BRIDGE_GLOBAL},${plugin}]);`;
  const head = `(${compiled.async ? "async " : ""}function*(${BRIDGE_GLOBAL},${plugin}){"use strict";`;
  return `${head}${hoist}${steps.join("")}\n${body}\n})`;
}

/** What the manifest says of a section. */
export function sectionEntry(module: LinkedModule, around: Surroundings): Section {
  const { id, compiled, targets, later } = module;
  const before = compiled.kind === "module" ? importsBefore(module, around) : undefined;
  return {
    path: sectionPath(around.pluginDir, id),
    imports: targets.flatMap((target) => (target.kind === "own" ? [nameOf(target, around.pluginDir)] : [])),
    ...(compiled.kind === "commonjs" ? { commonjs: true } : {}),
    ...(compiled.async ? { async: true } : {}),
    ...(before === undefined ? {} : { before }),
    ...(later.size === 0
      ? {}
      : {
          later: Object.fromEntries(
            Array.from(
              later,
              ([specifier, target]) => [specifier, [target.kind, nameOf(target, around.pluginDir)]] as const,
            ),
          ),
        }),
  };
}

/** How many imports of the plugin's own modules stand before the first one of the same circle. */
function importsBefore({ id, targets }: LinkedModule, { circleOf }: Surroundings): number | undefined {
  const circle = circleOf(id);
  const own = targets.filter((target) => target.kind === "own");
  const before = own.findIndex((target) => circleOf(target.path) === circle);
  return before === -1 ? undefined : before;
}

function linkImports(module: LinkedModule, around: Surroundings): Linking {
  const { compiled, targets } = module;
  const linking: Linking = { early: [], bound: [], live: new Map(), before: importsBefore(module, around) };
  const { before } = linking;
  const namespaces = new Map<string, string>();
  let own = 0;
  for (const [index, { bindings }] of compiled.imports.entries()) {
    const target = targets[index];
    if (target === undefined) continue;
    const isLate = before !== undefined && own >= before;
    if (target.kind === "own") own++;
    // What is taken from one module is bound at once.
    const members = { early: new Map<string, string[]>(), bound: new Map<string, string[]>() };
    for (const [name, local] of bindings) {
      const origin = around.names.origin(target, name);
      if (origin === undefined)
        throw new NeedsBundler(`${compiled.source.path} imports "${name}", which is not exported`);
      if (origin.kind === "namespace") {
        linking.early.push(`const ${local}=${namespace(origin.target, compiled.plugin, around)};`);
        continue;
      }
      const source = namespace(originTarget(origin), compiled.plugin, around);
      const isFunction = origin.kind === "own" && origin.is === "function";
      const changes = origin.kind === "own" ? origin.is === "changing" : mayChange(origin.target, origin.name);
      if (changes || (isLate && origin.kind === "own" && !isFunction)) {
        const known = namespaces.get(source) ?? unusedName(`__from${namespaces.size}__`, compiled.text);
        if (!namespaces.has(source)) linking.early.push(`const ${known}=${source};`);
        namespaces.set(source, known);
        linking.live.set(local, memberOf(known, origin.name));
        continue;
      }
      const group = members[origin.kind === "own" && !isFunction ? "bound" : "early"];
      const list = group.get(source) ?? [];
      list.push(origin.name === local ? local : `${propertyKey(origin.name)}:${local}`);
      group.set(source, list);
    }
    for (const when of ["early", "bound"] as const) {
      for (const [source, list] of members[when]) linking[when].push(`const{${list.join(",")}}=${source};`);
    }
  }
  return linking;
}

function mayChange(target: Target, name: string): boolean {
  return target.kind === "host" && (target.mutable === "any" || target.mutable.includes(name));
}

/** What a module exports, in the order of the names. */
function gettersOf(module: LinkedModule, around: Surroundings): string[] {
  const { id, compiled } = module;
  const names = [...around.names.of(id)].toSorted();
  return names.flatMap((name) => {
    const exported = compiled.exports.get(name);
    const value = exported?.kind === "local" ? exported.local : originValue(module, name, around);
    return value === undefined ? [] : [`get ${propertyKey(name)}(){return ${value}}`];
  });
}

function originValue({ id, compiled }: LinkedModule, name: string, around: Surroundings): string | undefined {
  const { path } = compiled.source;
  const origin = around.names.origin({ kind: "own", path: id }, name);
  if (origin === undefined) {
    // A type does not exist at run time, and a name that two modules export is given to nobody.
    if (!compiled.exports.has(name) || /\.[mc]?tsx?$/.test(path)) return undefined;
    throw new NeedsBundler(`${path} exports "${name}", which is not exported`);
  }
  if (origin.kind === "namespace") return namespace(origin.target, compiled.plugin, around);
  return memberOf(namespace(originTarget(origin), compiled.plugin, around), origin.name);
}

function originTarget(origin: Exclude<Origin, { kind: "namespace" }>): Target {
  return origin.kind === "own" ? { kind: "own", path: origin.path } : origin.target;
}

function memberOf(object: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}

function namespace(target: Target, plugin: string, { pluginDir }: Surroundings): string {
  return `${plugin}.${target.kind === "own" ? "own" : "host"}(${JSON.stringify(nameOf(target, pluginDir))})`;
}

function nameOf(target: Target, pluginDir: string): string {
  return target.kind === "own" ? sectionPath(pluginDir, target.path) : target.specifier;
}

/** What the modules of a plugin take from modules outside of it, sorted by their specifiers. */
export function hostModulesOf(modules: Iterable<LinkedModule>): HostModule[] {
  const uses = new Map<string, { names: Set<string>; lazy: boolean }>();
  const use = (target: Target, names: readonly string[], lazy: boolean): void => {
    if (target.kind === "own") return;
    const known = uses.get(target.specifier) ?? { names: new Set<string>(), lazy: true };
    uses.set(target.specifier, known);
    for (const name of names) if (name !== WHOLE) known.names.add(name);
    if (!lazy) known.lazy = false;
  };
  for (const { compiled, targets, later } of modules) {
    const again = [...compiled.exports.values()].filter((exported) => exported.kind === "import");
    for (const [index, target] of targets.entries()) {
      const taken = compiled.imports[index]?.bindings.map(([name]) => name) ?? [];
      use(target, [...taken, ...again.filter((exported) => exported.index === index).map(({ name }) => name)], false);
    }
    for (const target of later.values()) use(target, [], true);
  }
  return Array.from(uses, ([specifier, { names, lazy }]) => ({
    ...readHostLabel(specifier),
    names: [...names].toSorted(),
    lazy,
  })).toSorted((a, b) => (a.specifier < b.specifier ? -1 : 1));
}
