import { types } from "node:util";
import { HotswapError, describeError } from "../../errors.ts";
import type { LiveType } from "../live-type.ts";

/** What the vault knows of a class that is a live type. */
export interface KnownType {
  readonly name: string;
  readonly version: number;
  readonly class: LiveType;
}

/**
 * Every class that is or was a live type of some set, by its prototype. A class is a live type for good, so an
 * object that the host kept from an earlier generation can still be stored; the weak keys keep no generation alive.
 */
const known = new WeakMap<object, KnownType>();
const fieldsOf = new WeakMap<KnownType, ReadonlySet<string>>();

/** Makes `liveTypes` known under their names. Throws `HOTSWAP_NOT_SERIALIZABLE` for a class that cannot be one. */
export function registerLiveTypes(liveTypes: ReadonlyMap<string, LiveType>): void {
  for (const [name, type] of liveTypes) {
    if (!known.has(type.prototype)) known.set(type.prototype, { name, version: versionOf(name, type), class: type });
  }
}

/** The live type that `prototype` belongs to. */
export function liveTypeOf(prototype: object): KnownType | undefined {
  return known.get(prototype);
}

/** The names of the fields that a fresh instance has. Throws `HOTSWAP_NOT_SERIALIZABLE` when none can be made. */
export function fieldsOfType(type: KnownType): ReadonlySet<string> {
  let fields = fieldsOf.get(type);
  if (!fields) {
    fields = new Set(Object.keys(construct(type)));
    fieldsOf.set(type, fields);
  }
  return fields;
}

/** A fresh instance. Throws `HOTSWAP_NOT_SERIALIZABLE` naming the type when its constructor throws. */
export function construct(type: KnownType): Record<string, unknown> {
  let instance: object;
  try {
    instance = new (type.class as unknown as new () => object)();
  } catch (error) {
    throw new HotswapError(
      "HOTSWAP_NOT_SERIALIZABLE",
      `new ${type.name}() failed: ${describeError(error)}; a live type must be constructible without arguments`,
      { cause: error },
    );
  }
  if (holdsHiddenContent(instance)) {
    throw new HotswapError(
      "HOTSWAP_NOT_SERIALIZABLE",
      `${type.name} extends a built-in class whose content is not in its fields; keep the built-in in a field instead`,
    );
  }
  return instance as Record<string, unknown>;
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
