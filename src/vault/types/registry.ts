import type { LiveType } from "../live-type.ts";
import { KnownType, type TypeOrigin } from "./known-type.ts";

/**
 * Every class that is or was a live type of some set, by its prototype. A class is a live type for good, so an
 * object that the host kept from an earlier generation can still be stored; the weak keys keep no generation alive.
 */
const known = new WeakMap<object, KnownType>();

/**
 * Makes `liveTypes` known under their names; `origin` says whose they are. Throws
 * `HOTSWAP_MIGRATION_FAILED` for a version that makes no sense.
 */
export function registerLiveTypes(liveTypes: ReadonlyMap<string, LiveType>, origin?: TypeOrigin): void {
  for (const [name, type] of liveTypes) {
    if (!known.has(type.prototype)) known.set(type.prototype, new KnownType(name, type, origin));
  }
}

/** The live type that `prototype` belongs to. */
export function liveTypeOf(prototype: object): KnownType | undefined {
  return known.get(prototype);
}
