import * as types from "node:util/types";
import { HotswapError } from "../../errors.ts";
import { hasOnlyElements } from "../codec/own-properties.ts";
import { propertyStep } from "../codec/path.ts";
import { temporalKinds } from "../codec/temporal-kinds.ts";
import { liveTypeOf } from "../types/registry.ts";
import { LiveData } from "./live-data.ts";

/** A class of the host's own. */
type HostClass = abstract new (...params: never[]) => object;

/**
 * Returns `value` as it is, after making sure that nothing in it belongs to a plugin's code, so that it can be kept in
 * the host without keeping an old generation alive. In contrast to {@link wrap} the value is not copied.
 *
 * Which module a function or class comes from cannot be told from the outside, so the rule is strict: functions (also
 * getters), and instances of classes that are not built in, are refused, wherever they are in the value. Objects that
 * only work through functions or hide what they refer to (promises, proxies, weak collections) are refused as well. The
 * host's own classes are named by the caller; what is inside their instances is the host's business.
 *
 * @throws HotswapError `HOTSWAP_NOT_SERIALIZABLE` with the path of what is refused.
 * @example
 *     connections.set(id, guard({ socket, player }, Socket));
 */
export function guard<T>(value: T, ...hostClasses: readonly HostClass[]): T {
  const hostPrototypes = new Set<object>(hostClasses.map((hostClass) => hostClass.prototype as object));
  const found = new Map<object, Place>();
  look(value, undefined, "");
  for (const object of found.keys()) {
    for (const [step, content] of contentsOf(object)) look(content, object, step);
  }
  return value;

  function look(content: unknown, container: object | undefined, step: string): void {
    if (typeof content === "function") refuse(container, step, "a function", "it may belong to a plugin's code");
    if (typeof content !== "object" || content === null || found.has(content)) return;
    const reason = reasonAgainst(content, hostPrototypes);
    if (reason) refuse(container, step, ...reason);
    if (!isHosts(content, hostPrototypes)) found.set(content, { container, step });
  }

  function refuse(container: object | undefined, step: string, what: string, why: string): never {
    let path = step;
    for (let place = container && found.get(container); place; place = place.container && found.get(place.container)) {
      path = place.step + path;
    }
    throw new HotswapError("HOTSWAP_NOT_SERIALIZABLE", `value${path}: ${what} cannot be kept by the host: ${why}`);
  }
}

interface Place {
  readonly container: object | undefined;
  readonly step: string;
}

const builtIn: ReadonlySet<object | null> = new Set([
  null,
  ...temporalKinds.map(({ prototype }) => prototype),
  ...[
    [Object, Array, Map, Set, Date, RegExp, URL, URLSearchParams, LiveData],
    [Boolean, Number, String, BigInt, Symbol],
    [ArrayBuffer, SharedArrayBuffer, DataView, Buffer, BigInt64Array, BigUint64Array],
    [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    [Float16Array, Float32Array, Float64Array],
    [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError],
  ]
    .flat()
    .map((builtInClass): object => builtInClass.prototype),
]);

function isHosts(value: object, hostPrototypes: ReadonlySet<object>): boolean {
  for (let prototype = Object.getPrototypeOf(value); prototype; prototype = Object.getPrototypeOf(prototype)) {
    if (hostPrototypes.has(prototype)) return true;
  }
  return false;
}

function reasonAgainst(value: object, hostPrototypes: ReadonlySet<object>): [what: string, why: string] | undefined {
  if (types.isProxy(value)) return ["a proxy", "what its handler refers to cannot be seen"];
  const prototype: object | null = Object.getPrototypeOf(value);
  const live = prototype && liveTypeOf(prototype);
  if (live) return [`an instance of the live type ${live.name}`, "it belongs to a plugin's code; wrap it"];
  if (builtIn.has(prototype) || isHosts(value, hostPrototypes)) return undefined;
  const made: unknown = prototype && Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name = typeof made === "function" && made.name !== "" ? made.name : "a class without a name";
  return [
    `an instance of ${name}`,
    `it may belong to a plugin's code; if ${name} is the host's, pass it: guard(value, ${name})`,
  ];
}

function* contentsOf(value: object): Generator<readonly [step: string, content: unknown]> {
  if (types.isMap(value)) {
    let place = 0;
    for (const [key, content] of Map.prototype.entries.call(value)) {
      yield [`.keys()[${place}]`, key];
      yield [`.values()[${place++}]`, content];
    }
  } else if (types.isSet(value)) {
    let place = 0;
    for (const content of Set.prototype.values.call(value)) yield [`.values()[${place++}]`, content];
  }
  for (const key of propertiesOf(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    const step = stepOf(value, key);
    yield [step, property?.get ?? property?.set ?? property?.value];
  }
}

/** The elements of a typed array are numbers; listing them would take long. */
function propertiesOf(value: object): (string | symbol)[] {
  if (types.isTypedArray(value) && hasOnlyElements(value)) return [];
  return Reflect.ownKeys(value);
}

function stepOf(container: object, key: string | symbol): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  return Array.isArray(container) && /^\d+$/.test(key) ? `[${key}]` : propertyStep(key);
}
