import { HotswapError, describeError } from "../../errors.ts";
import { holdsHiddenContent } from "../codec/hidden-content.ts";
import { hasPrivateField } from "../codec/own-properties.ts";
import type { LiveType } from "../live-type.ts";

/** Runs `fn` in the context of the plugin that some code belongs to: what it opens is that plugin's. */
export type Enter = <Result>(fn: () => Result) => Result;

/** Where a live type comes from. */
export interface TypeOrigin {
  readonly enter?: Enter | undefined;
  readonly plugin?: string | undefined;
}

/** A class as a live type of a name. */
export class KnownType {
  /** For the class's own code: its constructor, its setters, its migrations. */
  readonly enter: Enter;
  readonly name: string;
  readonly version: number;
  readonly class: LiveType;
  /** The plugin that has it; `undefined` where that is not known. */
  readonly plugin: string | undefined;
  #fields: ReadonlySet<string> | undefined;
  #holdsOnlyFields: boolean | undefined;

  /** Throws `HOTSWAP_MIGRATION_FAILED` when the class's version makes no sense. */
  constructor(name: string, liveType: LiveType, { enter = (fn) => fn(), plugin }: TypeOrigin = {}) {
    this.enter = enter;
    this.plugin = plugin;
    this.name = name;
    this.version = versionOf(name, liveType);
    this.class = liveType;
  }

  /**
   * The names of the fields that a fresh instance has. Throws `HOTSWAP_NOT_SERIALIZABLE` naming the type when its
   * instances cannot be stored as they are: as {@link KnownType.construct} does, when it has private fields, and when its
   * constructor makes instances that cannot be filled.
   */
  get fields(): ReadonlySet<string> {
    if (this.#fields) return this.#fields;
    const instance = this.construct();
    const reason = reasonAgainst(this.class, instance);
    if (reason) throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", `${this.name} ${reason}`);
    return (this.#fields = new Set(Object.keys(instance)));
  }

  /**
   * A fresh instance. Throws `HOTSWAP_NOT_SERIALIZABLE` naming the type when its constructor throws, or when it extends
   * a built-in class whose content is not in its fields.
   */
  construct(): Record<string, unknown> {
    let instance: object;
    try {
      instance = this.enter(() => new (this.class as unknown as new () => object)());
    } catch (error) {
      const message = `new ${this.name}() failed: ${describeError(error)}; a live type must be constructible without arguments`;
      throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", message, { cause: error });
    }
    // What a class extends never changes, so one instance tells it for all.
    if (this.#holdsOnlyFields === undefined) this.#holdsOnlyFields = !holdsHiddenContent(instance);
    if (this.#holdsOnlyFields) return instance as Record<string, unknown>;
    const message = `${this.name} extends a built-in class whose content is not in its fields; keep the built-in in a field instead`;
    throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", message);
  }
}

function reasonAgainst(liveType: LiveType, instance: object): string | undefined {
  if (!Object.isExtensible(instance))
    return "closes its own instances, which then cannot be filled; close them elsewhere";
  const builtIn = ancestorsOf(liveType).find((ancestor) => textOf(ancestor).includes("[native code]"));
  if (builtIn)
    return `extends the built-in class ${builtIn.name}, whose content is not in its fields; keep the built-in in a field instead`;
  for (const ancestor of ancestorsOf(liveType)) {
    for (const [name] of textOf(ancestor).matchAll(privateNames)) {
      if (!hasPrivateField(instance, name)) continue;
      const where = ancestor === liveType ? "" : `, of ${ancestor.name || "a class that it extends"},`;
      return `has the private field ${name}${where} which nobody but the class can read and store; make it a public field`;
    }
  }
  return undefined;
}

/** The class and those that it extends. */
function ancestorsOf(liveType: LiveType): NamedFunction[] {
  const ancestors: NamedFunction[] = [];
  for (let next: unknown = liveType; typeof next === "function" && next !== Function.prototype;) {
    ancestors.push(next);
    next = Object.getPrototypeOf(next);
  }
  return ancestors;
}

// oxlint-disable-next-line typescript/no-unsafe-function-type -- a class of which no more is known
type NamedFunction = Function;

function textOf(fn: NamedFunction): string {
  return Function.prototype.toString.call(fn);
}

/** What looks like a private name, also of methods and in texts; the engine says which are fields. */
const privateNames = /#[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/gu;

/** The version a live type or data-bag key declares; 1 unless given. */
export function versionOf(name: string, declared: { readonly version?: number }): number {
  const version = declared.version ?? 1;
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new HotswapError(
      "HOTSWAP_MIGRATION_FAILED",
      `the version of ${name} is ${Bun.inspect(version)}; versions are whole numbers from 1`,
    );
  }
  return version;
}
