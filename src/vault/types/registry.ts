import type { LiveType } from "../live-type.ts";
import { type Enter, KnownType } from "./known-type.ts";

/**
 * Every class that is or was a live type of some set, by its prototype. A class is a live type for good, so an
 * object that the host kept from an earlier generation can still be stored; the weak keys keep no generation alive.
 */
const known = new WeakMap<object, KnownType>();

/**
 * Makes `liveTypes` known under their names; `enter` runs their code in the context of their plugin. Throws
 * `HOTSWAP_MIGRATION_FAILED` for a version that makes no sense.
 */
export function registerLiveTypes(liveTypes: ReadonlyMap<string, LiveType>, enter?: Enter): void {
  for (const [name, type] of liveTypes) {
    if (!known.has(type.prototype)) known.set(type.prototype, new KnownType(name, type, enter));
  }
}

/** The live type that `prototype` belongs to. */
export function liveTypeOf(prototype: object): KnownType | undefined {
  return known.get(prototype);
}
