import type { AnyFunction } from "../load/graph.ts";

/** How a facade reaches its generation: through ways that the generation cuts when it is freed. */
export interface FacadeSource {
  /** The form of a generation's function that others may call; `name` is for messages. */
  wrap(fn: AnyFunction, name: string): AnyFunction;
  /** A reference that the generation can cut; using it later throws `HOTSWAP_FREED`. */
  hold<Value>(value: Value, name: string): () => Value;
}

/**
 * What other plugins get of an export: functions, also those of the export's class, run in the exporting generation's
 * context; other properties are read from the original at each access. The members are those that exist when the plugins
 * are linked. Data without methods of its own (arrays, maps, dates, primitives) and classes are handed out as they are. `name` is what messages call it.
 */
export function createFacade(exported: unknown, name: string, source: FacadeSource): unknown {
  if (typeof exported === "function") return isClass(exported) ? exported : source.wrap(exported as AnyFunction, name);
  if (typeof exported !== "object" || exported === null || isBuiltin(exported)) return exported;
  const original = source.hold(exported, name);
  const facade: object = {};
  for (const [key, descriptor] of members(exported)) {
    Object.defineProperty(facade, key, {
      enumerable: descriptor.enumerable ?? false,
      ...facadeMember(exported, original, key, descriptor, source),
    });
  }
  return facade;
}

function facadeMember(
  exported: object,
  original: () => object,
  key: string | symbol,
  descriptor: PropertyDescriptor,
  source: FacadeSource,
): PropertyDescriptor {
  const { value } = descriptor;
  if (typeof value === "function" && !isClass(value)) {
    // A method keeps its own object as `this`.
    return { value: source.wrap((value as AnyFunction).bind(exported), String(key)) };
  }
  if (descriptor.get === undefined && descriptor.set === undefined) {
    return {
      get: () => Reflect.get(original(), key) as unknown,
      set: (next: unknown) => Reflect.set(original(), key, next),
    };
  }
  // Accessors are code, which runs in its own context.
  return {
    get: source.wrap(() => Reflect.get(original(), key) as unknown, String(key)),
    set: source.wrap((next: never) => Reflect.set(original(), key, next), String(key)) as (next: unknown) => void,
  };
}

/** Own and inherited members, the nearest of each name, without those that every object has. */
function members(exported: object): Map<string | symbol, PropertyDescriptor> {
  const found = new Map<string | symbol, PropertyDescriptor>();
  for (let object: object | null = exported; object !== null && object !== Object.prototype;) {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
      if (descriptor !== undefined && key !== "constructor" && !found.has(key)) found.set(key, descriptor);
    }
    object = Reflect.getPrototypeOf(object);
  }
  return found;
}

/** Whether `value` is made by the language or by Bun and knows nothing of the plugin. */
function isBuiltin(value: object): boolean {
  const prototype = Reflect.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return false;
  const constructor: unknown = Reflect.get(prototype, "constructor");
  return typeof constructor === "function" && /\{\s*\[native code\]\s*\}$/.test(sourceOf(constructor));
}

/** A class is handed out as it is: `new` and `instanceof` need the original. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(sourceOf(value));
}

function sourceOf(fn: object): string {
  return Function.prototype.toString.call(fn);
}
