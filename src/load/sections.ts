import { dirname, join, posix } from "node:path";
import {
  type Bridge,
  type CommonJsCode,
  type HostModule,
  hostLabel,
  type ModuleContext,
  type Section,
  type SectionCode,
  type SectionImports,
  type Sections,
} from "../artifact/manifest.ts";
import { HotswapError } from "../errors.ts";
import { Evaluation, type ModuleRecord } from "./evaluation.ts";
import type { GraphContext } from "./graph.ts";
import { candidatesOf } from "./resolve.ts";

type Namespace = Record<string, unknown>;

/** Namespaces that were returned by `require`: by that, Bun marks them as those of ES modules. */
const required = new WeakSet<object>();

/** The prototype of the namespaces of all sections. */
export const NAMESPACE: object = Object.freeze(
  Object.create(null, {
    [Symbol.toStringTag]: { value: "Module" },
    __esModule: {
      get(this: object) {
        return required.has(this) ? true : undefined;
      },
    },
  }),
);

/** Names of sections of which `require` returns the value itself, as Bun does; of text it returns the module. */
const isData = /(?:\.|\?type=)(?:jsonc?|json5|toml|ya?ml)$/;

/** The sections of one plugin, and where they come from. */
export interface SectionSource {
  readonly plugin: string;
  /** Its folder, from the root. */
  readonly folder: string;
  readonly sections: Sections;
  readonly hostModules: readonly HostModule[];
  /** What the text of a section evaluates to, by the section's index. */
  readonly code: (index: number) => SectionCode | CommonJsCode;
  /** The project's root. */
  readonly root: string;
  /** The generation's graph. Sections are not modules of it; this reference keeps it alive. */
  readonly graph: Pick<GraphContext, "import">;
}

/**
 * The modules of a plugin that come as sections. Each is compiled by itself, from a text that stays the same as long as
 * its source does, so the engine finds what it compiled for the generation before and compiles only what changed.
 */
export class LinkedSections {
  readonly bridge: Bridge;
  readonly source: SectionSource;
  /** The plugin's folder, as an absolute path. */
  readonly folder: string;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #hostIndices: ReadonlyMap<string, number>;
  readonly #modules = new Map<string, SectionModule>();
  readonly #evaluation = new Evaluation<SectionModule>();

  constructor(bridge: Bridge, source: SectionSource) {
    this.bridge = bridge;
    this.source = source;
    this.folder = join(source.root, source.folder);
    this.#indices = new Map(source.sections.modules.map(({ path }, index) => [path, index]));
    this.#hostIndices = new Map(source.hostModules.map((module, index) => [hostLabel(module), index]));
  }

  /**
   * The namespaces of these modules, evaluated in this order as if one module imported them all; a promise when one of them
   * awaits something. Throws what a module throws, each time.
   */
  import(paths: readonly string[]): Namespace[] | Promise<Namespace[]> {
    const modules = paths.map((path) => this.module(path));
    const parking = this.#hoist(modules);
    const evaluated = (): Namespace[] | Promise<Namespace[]> => {
      const namespaces = modules.map(({ namespace }) => namespace);
      const waiting = modules.length === 1 ? this.#evaluateOne(modules[0]) : this.#evaluateAll(modules);
      return waiting === undefined ? modules.map((module) => module.namespace) : waiting.then(() => namespaces);
    };
    // A generator that is waiting can take its next step only when it has stopped.
    return parking.length === 0 ? evaluated() : Promise.all(parking).then(evaluated);
  }

  /** A module that may not be evaluated yet. */
  module(path: string): SectionModule {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const index = this.#indices.get(path) ?? -1;
    const section = this.source.sections.modules[index];
    if (section === undefined) {
      const message = `"${this.source.plugin}" has no section "${path}": rebuild the plugin`;
      throw new HotswapError("HOTSWAP_INVALID_ARTIFACT", message, { plugin: this.source.plugin });
    }
    const module = new SectionModule(this, section, () => this.source.code(index));
    this.#modules.set(path, module);
    return module;
  }

  has(path: string): boolean {
    return this.#indices.has(path);
  }

  /** A module of Bun or of the host, which was imported before. */
  host(specifier: string): Namespace {
    return this.bridge.module(this.#hostIndices.get(specifier) ?? -1);
  }

  /** Its `module.exports`. */
  requireHost(specifier: string): unknown {
    return this.bridge.require(this.#hostIndices.get(specifier) ?? -1);
  }

  importHost(specifier: string): Promise<Namespace> {
    return this.bridge.import(this.#hostIndices.get(specifier) ?? -1);
  }

  #evaluateOne(module: SectionModule | undefined): Promise<void> | undefined {
    return module === undefined ? undefined : this.#evaluation.evaluate(module);
  }

  #evaluateAll(modules: readonly SectionModule[]): Promise<void> | undefined {
    return this.#evaluation.evaluate(SectionModule.importing(this, modules));
  }

  /**
   * Makes all modules ready that these lead to, so that their functions can be called before any module is evaluated.
   */
  #hoist(starts: readonly SectionModule[]): Promise<unknown>[] {
    const parking: Promise<unknown>[] = [];
    const hoisted: SectionModule[] = [];
    const visit = (module: SectionModule): void => {
      if (module.isHoisted) return;
      const stop = module.prepare();
      if (stop !== undefined) parking.push(stop);
      hoisted.push(module);
      for (const imported of module.imports) visit(imported);
    };
    for (const module of starts) visit(module);
    for (const module of hoisted) module.bindEarly();
    return parking;
  }
}

/** One section, and what stands for the module's own view of the world. */
class SectionModule implements ModuleRecord<SectionModule>, SectionImports {
  readonly hasAwait: boolean;
  readonly before: number | undefined;
  state: ModuleRecord<SectionModule>["state"] = "hoisted";
  error: ModuleRecord<SectionModule>["error"];
  asyncOrder: number | undefined;
  isDone = false;
  pending = 0;
  parents: SectionModule[] = [];
  root: SectionModule | undefined;
  index = 0;
  lowest = 0;
  finished: PromiseWithResolvers<void> | undefined;
  isHoisted = false;
  /** Of a module of CommonJS it is filled when that is evaluated. */
  namespace: Namespace = Object.create(NAMESPACE) as Namespace;
  readonly #linked: LinkedSections;
  readonly #section: Section;
  readonly #code: () => SectionCode | CommonJsCode;
  #imports: readonly SectionModule[] | undefined;
  #steps: Iterator<void> | AsyncIterator<void> | undefined;
  #isBound = false;
  #context: ModuleContext | undefined;
  #exports: { exports: unknown } | undefined;
  /** The module whose `require` had this one evaluated. */
  #requiredBy: SectionModule | undefined;

  constructor(linked: LinkedSections, section: Section, code: () => SectionCode | CommonJsCode) {
    this.#linked = linked;
    this.#section = section;
    this.#code = code;
    this.hasAwait = section.async === true;
    this.before = section.before;
  }

  /** What imports these modules in this order, and does nothing else. */
  static importing(linked: LinkedSections, modules: readonly SectionModule[]): SectionModule {
    const nothing = function* (): Iterator<void> {};
    const module = new SectionModule(linked, { path: "", imports: [] }, () => nothing);
    module.#imports = modules;
    module.#steps = nothing();
    return module;
  }

  get imports(): readonly SectionModule[] {
    return (this.#imports ??= this.#section.imports.map((path) => this.#linked.module(path)));
  }

  get prototype(): object {
    return NAMESPACE;
  }

  get file(): string {
    return join(this.#linked.folder, this.#section.path);
  }

  hoist(namespace: Namespace): void {
    this.namespace = Object.preventExtensions(namespace);
  }

  /** Takes the first step. Returns a promise when the next step has to wait. */
  prepare(): Promise<unknown> | undefined {
    this.isHoisted = true;
    if (this.#section.commonjs === true) return undefined;
    const code = this.#code() as SectionCode;
    this.#steps = code(this.#linked.bridge, this);
    const step = this.#steps.next();
    return step instanceof Promise ? step : undefined;
  }

  /** Binds the functions that it imports of its circle. */
  bindEarly(): void {
    if (this.before !== undefined && !this.hasAwait) void this.#steps?.next();
  }

  bind(): void {
    if (this.#isBound) return;
    this.#isBound = true;
    void this.#steps?.next();
  }

  execute(): Promise<void> | undefined {
    if (this.#section.commonjs === true) {
      this.#executeCommonJs();
      return undefined;
    }
    if (this.before !== undefined && !this.hasAwait) this.bind();
    const step = this.#steps?.next();
    this.#steps = undefined;
    return step instanceof Promise ? step.then(() => undefined) : undefined;
  }

  #executeCommonJs(): void {
    const { meta, require } = this.context;
    const { path, dir } = meta;
    // What Bun gives to CommonJS, and `!module.parent` is asked by what also runs as a program.
    const parent = this.#requiredBy?.file;
    const module = {
      exports: {} as unknown,
      id: path,
      filename: path,
      path: dir,
      parent: parent === undefined ? null : { id: parent, filename: parent },
      children: [],
      paths: [],
      loaded: true,
      require,
    };
    this.#exports = module;
    const code = this.#code() as CommonJsCode;
    try {
      code.call(module.exports, module.exports, require, module, path, dir, this.#linked.bridge, this);
    } catch (error) {
      // Whoever requires it again gets the error, and not what was exported until then.
      this.#exports = undefined;
      throw error;
    }

    const { exports } = module;
    const names =
      typeof exports === "object" || typeof exports === "function" ? Object.getOwnPropertyNames(exports ?? {}) : [];
    for (const name of [...new Set([...names, "default"])].toSorted()) {
      const get = (): unknown => (name === "default" ? exports : (exports as Namespace)[name]);
      Object.defineProperty(this.namespace, name, { get, enumerable: true });
    }
    Object.preventExtensions(this.namespace);
  }

  get context(): ModuleContext {
    const { bridge, source } = this.#linked;
    return (this.#context ??= bridge.context(
      this.#section.path.replace(/\?type=.*$/, ""),
      (specifier) => source.graph.import(specifier),
      (specifier, how, type) => this.#carried(specifier, how, type),
    ));
  }

  get meta(): object {
    return this.context.meta;
  }

  own(path: string): Namespace {
    return this.#linked.module(path).namespace;
  }

  host(specifier: string): Namespace {
    return this.#linked.host(specifier);
  }

  import(specifier: unknown, options?: unknown): Promise<unknown> {
    return this.context.import(specifier, options);
  }

  #carried(specifier: string, how: "import" | "require", type: string | undefined): (() => unknown) | undefined {
    const [kind, target] = this.#ownFile(specifier, type) ?? this.#section.later?.[specifier] ?? [];
    if (kind === undefined || target === undefined) return undefined;
    if (kind === "own") return how === "import" ? () => this.#importOwn(target) : () => this.#requireOwn(target);
    if (type !== undefined) return undefined;
    return how === "import" ? () => this.#linked.importHost(target) : () => this.#linked.requireHost(target);
  }

  async #importOwn(path: string): Promise<Namespace | undefined> {
    // A dynamic import is evaluated after the evaluation that is under way.
    await undefined;
    const [namespace] = await this.#linked.import([path]);
    return namespace;
  }

  #requireOwn(path: string): unknown {
    const module = this.#linked.module(path);
    if (module.#exports === undefined || module.#section.commonjs !== true) {
      module.#requiredBy ??= this;
      const evaluated = this.#linked.import([path]);
      if (evaluated instanceof Promise) {
        evaluated.catch(() => undefined);
        throw new TypeError(`require() of ${module.file}, which awaits something: use import()`);
      }
    }
    if (module.#exports !== undefined) return module.#exports.exports;
    if (isData.test(path)) return module.namespace["default"];
    required.add(module.namespace);
    return module.namespace;
  }

  /** A file of the plugin whose name was not known before. */
  #ownFile(specifier: string, type: string | undefined): readonly ["own", string] | undefined {
    if (!specifier.startsWith(".")) return undefined;
    const path = posix.join(dirname(this.#section.path), specifier.replace(/\?.*$/s, ""));
    const candidates = candidatesOf(path);
    const typed = type === undefined ? [] : candidates.map((candidate) => `${candidate}?type=${type}`);
    const found = [...typed, ...candidates].find((candidate) => this.#linked.has(candidate));
    return found === undefined ? undefined : ["own", found];
  }
}
