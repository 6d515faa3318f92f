import { MutableExports } from "../host/mutable-exports.ts";
import type { SourceFiles } from "../source/source-file.ts";
import type { CompiledModule } from "./compile.ts";
import type { ModuleImport } from "./module-code.ts";
import { NeedsBundler } from "./needs-bundler.ts";
import type { Resolution, Target } from "./resolution.ts";

/** An import with what it names. */
export interface LinkedImport extends ModuleImport {
  readonly target: Target;
}

/** A module with what its imports name. */
export interface LinkedModule {
  readonly compiled: CompiledModule;
  readonly imports: readonly LinkedImport[];
  /** What `import()` names, in the order of {@link ModuleCode.dynamic}. */
  readonly dynamic: readonly Target[];
}

/** Finds what the imports of a module name. Throws {@link NeedsBundler}. */
export function linkModule(compiled: CompiledModule, resolution: Resolution): LinkedModule {
  const { path } = compiled.source;
  return {
    compiled,
    imports: compiled.imports.map((entry) => ({
      ...entry,
      target: resolution.find(entry.specifier, path, "import-statement"),
    })),
    dynamic: compiled.dynamic.map((specifier) => resolution.find(specifier, path, "dynamic-import")),
  };
}

/** The modules of the plugin that a module imports, at once or later. */
export function* ownImports({ imports, dynamic }: LinkedModule): Generator<string, void> {
  for (const { target } of imports) if (target.kind === "own") yield target.path;
  for (const target of dynamic) if (target.kind === "own") yield target.path;
}

/**
 * The modules that `starts` lead to, each behind those that it imports: the order in which modules are evaluated.
 * `linked` has all of them. Throws {@link NeedsBundler} for what modules that are kept apart cannot do: import each other
 * in a circle, or take a name that is assigned to later.
 */
export function orderModules(
  starts: readonly string[],
  linked: ReadonlyMap<string, LinkedModule>,
  sources: SourceFiles,
): Map<string, LinkedModule> {
  const walk = new Walk(linked);
  walk.visitAll(starts);
  checkNames(walk.ordered, new MutableExports(sources));
  return walk.ordered;
}

class Walk {
  readonly ordered = new Map<string, LinkedModule>();
  readonly #linked: ReadonlyMap<string, LinkedModule>;
  readonly #open = new Set<string>();

  constructor(linked: ReadonlyMap<string, LinkedModule>) {
    this.#linked = linked;
  }

  /** What is imported later is evaluated later, so it closes no circle with what imports it. */
  visitAll(starts: readonly string[]): void {
    const later = [...starts];
    for (const path of later) this.#visit(path, later);
  }

  #visit(path: string, later: string[]): void {
    if (this.ordered.has(path)) return;
    if (this.#open.has(path)) throw new NeedsBundler(`${path} imports itself in a circle`);
    const module = this.#linked.get(path);
    if (module === undefined) throw new Error(`${path} was not compiled`);
    this.#open.add(path);
    for (const { target } of module.imports) if (target.kind === "own") this.#visit(target.path, later);
    this.#open.delete(path);
    this.ordered.set(path, module);
    for (const target of module.dynamic) if (target.kind === "own") later.push(target.path);
  }
}

/** Every name that is taken from a module of the plugin must be there, once, and must stay what it is. */
function checkNames(modules: ReadonlyMap<string, LinkedModule>, mutable: MutableExports): void {
  const exported = new Map<string, ReadonlySet<string>>();
  const changing = new Map<string, ReadonlySet<string>>();
  // A module stands behind those that it imports, so what it exports of theirs is known.
  for (const [path, { compiled, imports }] of modules) {
    const names = new Set(compiled.exports.keys());
    const starred = new Set<string>();
    let mayChange = mutable.of(path);
    for (const { target, bindings, star } of imports) {
      if (target.kind !== "own") {
        if (star) throw new NeedsBundler(`${path} exports everything of a module that is not its own`);
        continue;
      }
      const available = exported.get(target.path) ?? new Set();
      const unsteady = changing.get(target.path) ?? new Set();
      if (star) {
        addStar(available, names, starred, path);
        if (unsteady.size > 0) mayChange = mayChange.union(unsteady);
      }
      for (const [name] of bindings) {
        if (name === "*") continue;
        if (!available.has(name)) throw new NeedsBundler(`${path} imports "${name}", which is not exported`);
        if (unsteady.has(name)) throw new NeedsBundler(`${path} imports "${name}", which may change`);
      }
    }
    exported.set(path, starred.size === 0 ? names : names.union(starred));
    changing.set(path, mayChange);
  }
}

function addStar(available: ReadonlySet<string>, own: ReadonlySet<string>, starred: Set<string>, path: string): void {
  for (const name of available) {
    if (name === "default" || own.has(name)) continue;
    if (starred.has(name)) throw new NeedsBundler(`${path} exports "${name}" of two modules`);
    starred.add(name);
  }
}
