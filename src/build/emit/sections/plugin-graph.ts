import { MutableExports } from "../../host/mutable-exports.ts";
import type { SourceFiles } from "../../read/syntax/source-file.ts";
import type { CompiledModule } from "../../compile/compile.ts";
import type { ModuleImport } from "../../compile/module-code.ts";
import { NeedsBundler } from "../../needs-bundler.ts";
import type { Resolution, Target } from "../../host/resolution.ts";

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

/** What others may take from a module. */
interface ModuleNames {
  readonly exported: ReadonlySet<string>;
  /** Those that may be assigned to later. */
  readonly changing: ReadonlySet<string>;
  /** The same of the modules that it imports, by which these were found out. */
  readonly imported: readonly ModuleNames[];
}

/** The modules of one plugin, as they import each other. What was found out about one is kept as long as it is the same. */
export class PluginGraph {
  readonly #sources: SourceFiles;
  readonly #names = new WeakMap<LinkedModule, ModuleNames>();

  constructor(sources: SourceFiles) {
    this.#sources = sources;
  }

  /**
   * The modules that `starts` lead to, each behind those that it imports: the order in which modules are evaluated.
   * `linked` has all of them. Throws {@link NeedsBundler} for what modules that are kept apart cannot do: import each other
   * in a circle, or take a name that is not there, there twice, or assigned to later.
   */
  order(starts: readonly string[], linked: ReadonlyMap<string, LinkedModule>): Map<string, LinkedModule> {
    const walk = new Walk(linked);
    walk.visitAll(starts);
    const mutable = new MutableExports(this.#sources);
    const names = new Map<string, ModuleNames>();
    // A module stands behind those that it imports, so what it exports of theirs is known.
    for (const [path, module] of walk.ordered) {
      const imported = ownTargets(module).map((target) => requireNames(names, target));
      const known = this.#names.get(module);
      const holds = known !== undefined && imported.every((those, index) => those === known.imported[index]);
      const found = holds ? known : namesOf(path, module, imported, mutable);
      names.set(path, found);
      this.#names.set(module, found);
    }
    return walk.ordered;
  }
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

/** The modules of the plugin that a module imports at once. */
function ownTargets({ imports }: LinkedModule): string[] {
  const paths: string[] = [];
  for (const { target } of imports) if (target.kind === "own") paths.push(target.path);
  return paths;
}

function requireNames(names: ReadonlyMap<string, ModuleNames>, path: string): ModuleNames {
  const found = names.get(path);
  if (found === undefined) throw new Error(`${path} stands behind a module that imports it`);
  return found;
}

/** Every name that is taken from a module of the plugin must be there, once, and must stay what it is. */
function namesOf(
  path: string,
  { compiled, imports }: LinkedModule,
  imported: readonly ModuleNames[],
  mutable: MutableExports,
): ModuleNames {
  const own = new Set(compiled.exports.keys());
  const starred = new Set<string>();
  let changing = mutable.of(path);
  let next = 0;
  for (const { target, bindings, star } of imports) {
    const from = target.kind === "own" ? imported[next++] : undefined;
    if (from === undefined) {
      if (star) throw new NeedsBundler(`${path} exports everything of a module that is not its own`);
      continue;
    }
    if (star) {
      addStar(from.exported, own, starred, path);
      if (from.changing.size > 0) changing = changing.union(from.changing);
    }
    for (const [name] of bindings) {
      if (name === "*") continue;
      if (!from.exported.has(name)) throw new NeedsBundler(`${path} imports "${name}", which is not exported`);
      if (from.changing.has(name)) throw new NeedsBundler(`${path} imports "${name}", which may change`);
    }
  }
  return { exported: starred.size === 0 ? own : own.union(starred), changing, imported };
}

function addStar(available: ReadonlySet<string>, own: ReadonlySet<string>, starred: Set<string>, path: string): void {
  for (const name of available) {
    if (name === "default" || own.has(name)) continue;
    if (starred.has(name)) throw new NeedsBundler(`${path} exports "${name}" of two modules`);
    starred.add(name);
  }
}
