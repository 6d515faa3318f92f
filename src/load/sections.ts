import { join } from "node:path";
import { Script } from "node:vm";
import type { Bridge, HostModule, SectionCode, SectionImports, Sections } from "../artifact/manifest.ts";
import { HotswapError } from "../errors.ts";

type Namespace = Record<string, unknown>;

/** The prototype of the namespaces of all sections. */
export const NAMESPACE: object = Object.freeze(Object.create(null, { [Symbol.toStringTag]: { value: "Module" } }));

/** The sections of one artifact, and where they come from. */
export interface SectionSource {
  readonly sections: Sections;
  /** In the order of the sections. */
  readonly texts: readonly string[];
  readonly hostModules: readonly HostModule[];
  /** Absolute path of the artifact's copy, through which stack traces find the source map. */
  readonly copy: string;
  /** The project's root. */
  readonly root: string;
  /** `import.meta` of the artifact; `undefined` when no section asks for it. */
  readonly meta: object | undefined;
  /** The generation's graph: sections are none of its modules, and keep it by this. */
  readonly graph: object;
}

/**
 * The modules of a plugin that come as sections. Each is compiled by itself, from a text that stays the same as long as
 * its source does, so the engine finds what it compiled for the generation before and compiles only what changed.
 */
export class LinkedSections implements SectionImports {
  readonly #bridge: Bridge;
  readonly #source: SectionSource;
  /** The plugin's folder as it is called in stack traces, with a slash at its end. */
  readonly #folder: string;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #hostIndices: ReadonlyMap<string, number>;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #failed = new Map<string, unknown>();

  constructor(bridge: Bridge, source: SectionSource) {
    this.#bridge = bridge;
    this.#source = source;
    this.#folder = join(source.root, source.sections.folder, "/");
    this.#indices = new Map(source.sections.modules.map(({ path }, index) => [path, index]));
    this.#hostIndices = new Map(source.hostModules.map(({ specifier }, index) => [specifier, index]));
  }

  get namespace(): object {
    return NAMESPACE;
  }

  get meta(): object {
    return this.#source.meta ?? {};
  }

  /** The namespace of a module, which is evaluated when this is the first time. Throws what the module throws, each time. */
  own(path: string): Namespace {
    const known = this.#namespaces.get(path);
    if (known !== undefined) return known;
    if (this.#failed.has(path)) throw this.#failed.get(path);
    try {
      const namespace = this.#evaluate(path);
      this.#namespaces.set(path, namespace);
      return namespace;
    } catch (error) {
      this.#failed.set(path, error);
      throw error;
    }
  }

  host(specifier: string): Namespace {
    return this.#bridge.module(this.#hostIndices.get(specifier) ?? -1);
  }

  async importOwn(path: string): Promise<Namespace> {
    // What is imported later is evaluated when what is being evaluated now is done.
    await undefined;
    return this.own(path);
  }

  async importHost(specifier: string): Promise<Namespace> {
    return this.#bridge.import(this.#hostIndices.get(specifier) ?? -1);
  }

  #evaluate(path: string): Namespace {
    const { sections, texts, copy } = this.#source;
    const index = this.#indices.get(path) ?? -1;
    const text = texts[index];
    if (text === undefined) {
      throw new HotswapError("HOTSWAP_INVALID_ARTIFACT", `${copy} has no section "${path}": rebuild the plugin`);
    }
    const line = sections.modules[index]?.line;
    const place = line === undefined ? { filename: this.#folder + path } : { filename: copy, lineOffset: line };
    const [namespace, stars] = (new Script(text, place).runInThisContext() as SectionCode)(this.#bridge, this);
    return Object.preventExtensions(stars.length === 0 ? namespace : this.#withStars(namespace, stars));
  }

  /** With what a module exports of others (`export *`): names in alphabetical order, as in every namespace. */
  #withStars(own: Namespace, stars: readonly string[]): Namespace {
    const origins = new Map<string, Namespace>();
    for (const star of stars) {
      const namespace = this.own(star);
      for (const name of Object.keys(namespace)) if (name !== "default") origins.set(name, namespace);
    }
    for (const name of Object.keys(own)) origins.set(name, own);
    const namespace = Object.create(NAMESPACE) as Namespace;
    for (const name of [...origins.keys()].toSorted()) {
      Object.defineProperty(namespace, name, { get: () => origins.get(name)?.[name], enumerable: true });
    }
    return namespace;
  }
}
