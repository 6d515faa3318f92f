import { Script } from "node:vm";
import type { Bridge, Outside, Section, SectionCode, SectionImports } from "../artifact/manifest.ts";

type Namespace = Record<string, unknown>;

/** What all namespaces of modules have in common. */
const NAMESPACE: object = Object.freeze(Object.create(null, { [Symbol.toStringTag]: { value: "Module" } }));

/** The sections of one artifact. */
export interface SectionTexts {
  /** Absolute path of the artifact's copy, through which stack traces find the source map. */
  readonly file: string;
  readonly sections: readonly Section[];
  /** In the order of `sections`. */
  readonly texts: readonly string[];
}

/**
 * The modules of a plugin that come as sections. Each is compiled by itself, from a text that stays the same as long as
 * its source does, so the engine finds what it compiled for the generation before and compiles only what changed.
 */
export class LinkedSections implements SectionImports {
  readonly #bridge: Bridge;
  readonly #outside: Outside;
  readonly #texts: SectionTexts;
  readonly #indices: ReadonlyMap<string, number>;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #failed = new Map<string, unknown>();

  constructor(bridge: Bridge, outside: Outside, texts: SectionTexts) {
    this.#bridge = bridge;
    this.#outside = outside;
    this.#texts = texts;
    this.#indices = new Map(texts.sections.map(({ path }, index) => [path, index]));
  }

  get namespace(): object {
    return NAMESPACE;
  }

  get meta(): object {
    return this.#outside.meta;
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

  outside(specifier: string): Namespace {
    const namespace = this.#outside.modules[specifier];
    if (namespace === undefined) throw new TypeError(`the artifact does not say what "${specifier}" is: rebuild it`);
    return namespace;
  }

  async importOwn(path: string): Promise<Namespace> {
    return this.own(path);
  }

  async importOutside(specifier: string): Promise<Namespace> {
    const index = this.#outside.lazy[specifier];
    return index === undefined ? this.outside(specifier) : this.#bridge.import(index);
  }

  #evaluate(path: string): Namespace {
    const index = this.#indices.get(path) ?? -1;
    const text = this.#texts.texts[index];
    if (text === undefined) throw new TypeError(`the artifact has no section "${path}": rebuild it`);
    const script = new Script(text, {
      filename: this.#texts.file,
      lineOffset: this.#texts.sections[index]?.line ?? 0,
    });
    const [namespace, stars] = (script.runInThisContext() as SectionCode)(this.#bridge, this);
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
