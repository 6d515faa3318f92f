import { types } from "node:util";
import { HotswapError, describeError } from "../../errors.ts";
import type { LiveType } from "../live-type.ts";

/** Runs `fn` in the context of the plugin that some code belongs to: what it opens is that plugin's. */
export type Enter = <Result>(fn: () => Result) => Result;

/** A class as a live type of a name. */
export class KnownType {
  /** For the class's own code: its constructor, its setters, its migrations. */
  readonly enter: Enter;
  readonly name: string;
  readonly version: number;
  readonly class: LiveType;
  #fields: ReadonlySet<string> | undefined;

  /** Throws `HOTSWAP_MIGRATION_FAILED` when the class's version makes no sense. */
  constructor(name: string, liveType: LiveType, enter: Enter = (fn) => fn()) {
    this.enter = enter;
    this.name = name;
    this.version = versionOf(name, liveType);
    this.class = liveType;
  }

  /** The names of the fields that a fresh instance has. Throws as {@link KnownType.construct} does. */
  get fields(): ReadonlySet<string> {
    return (this.#fields ??= new Set(Object.keys(this.construct())));
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
    if (!this.#fields && holdsHiddenContent(instance)) {
      const message = `${this.name} extends a built-in class whose content is not in its fields; keep the built-in in a field instead`;
      throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", message);
    }
    this.#fields ??= new Set(Object.keys(instance));
    return instance as Record<string, unknown>;
  }
}

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

function holdsHiddenContent(value: object): boolean {
  return (
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    typeof value === "function" ||
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isPromise(value) ||
    types.isNativeError(value) ||
    types.isBoxedPrimitive(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    value instanceof URL ||
    value instanceof URLSearchParams
  );
}
