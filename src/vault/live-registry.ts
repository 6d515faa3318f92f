import type { LiveFunc, LiveType } from "./live-type.ts";

/**
 * The types of live functions by name, for `vault.liveFuncs.get("live_Foo")` without a cast. Empty until a project adds to
 * it, which `hotswap types` does.
 */
// oxlint-disable-next-line typescript/no-empty-object-type -- it is there to be augmented
export interface LiveFuncRegistry {}

/** The same of live types. */
// oxlint-disable-next-line typescript/no-empty-object-type -- it is there to be augmented
export interface LiveTypeRegistry {}

/** Live things by name. Those that the registry knows have the types that it gives them. */
interface LiveThingMap<Registry, Value> extends ReadonlyMap<string, Value> {
  get<const Name extends keyof Registry & string>(name: Name): Registry[Name] | undefined;
  get(name: string): Value | undefined;
}

/** The live functions of a set, by name. */
export type LiveFuncs = LiveThingMap<LiveFuncRegistry, LiveFunc>;

/** The live types of a set, by name. */
export type LiveTypes = LiveThingMap<LiveTypeRegistry, LiveType>;
