import { jscDescribe } from "bun:jsc";
import { propertyStep } from "./path.ts";
import { Refusal } from "./refusal.ts";

/**
 * What an object allows: `fixed` takes no new properties, `sealed` keeps those that it has, `frozen` also keeps their
 * values.
 */
export type Integrity = "open" | "fixed" | "sealed" | "frozen";

export function integrityOf(value: object): Integrity {
  if (Object.isExtensible(value)) return "open";
  if (Object.isFrozen(value)) return "frozen";
  return Object.isSealed(value) ? "sealed" : "fixed";
}

/** Whether a property is as one that was assigned, in an object of that integrity. */
export function isPlain({ writable, configurable }: PropertyDescriptor, integrity: Integrity): boolean {
  return writable === (integrity !== "frozen") && configurable === (integrity === "open" || integrity === "fixed");
}

export function reasonAgainstProperty({ writable, get }: PropertyDescriptor): string {
  if (writable !== undefined) return "a property that was made read-only or permanent by itself cannot be stored";
  return get === undefined ? "a setter cannot be stored" : "a getter cannot be stored; store its value instead";
}

/** The refusal of the first own property that `Object.keys` does not list. */
export function refusalOfHidden(value: object): Refusal {
  const hidden = Reflect.ownKeys(value).find((key) => !Object.prototype.propertyIsEnumerable.call(value, key));
  return typeof hidden === "string"
    ? new Refusal("a property that is not enumerable cannot be stored", propertyStep(hidden))
    : refusalOfOwn(Object.getOwnPropertySymbols(value)[0]);
}

/** Throws a {@link Refusal} for the first own property of a built-in object that is not among `known`. */
export function refuseOwnProperties(value: object, ...known: readonly string[]): void {
  const keys = Reflect.ownKeys(value);
  if (keys.length > known.length) throw refusalOfOwn(keys.find((key) => !(known as readonly unknown[]).includes(key)));
}

/** Throws a {@link Refusal} for whatever an array has besides plain elements and holes. */
export function checkArray(value: readonly unknown[], integrity: Integrity): void {
  if (value.length > MOST_LISTED && isEvidentlyPlain(value, "Array")) return;
  for (const key of Reflect.ownKeys(value)) {
    if (key === "length") continue;
    const index = indexOf(key);
    if (index === undefined) throw refusalOfOwn(key);
    const property = Object.getOwnPropertyDescriptor(value, index);
    if (!property || isPlain(property, integrity)) continue;
    throw new Refusal(reasonAgainstProperty(property), `[${index}]`);
  }
  if (integrity !== "frozen" && Object.getOwnPropertyDescriptor(value, "length")?.writable !== true)
    throw new Refusal("an array whose length was made read-only by itself cannot be stored");
}

/** Throws a {@link Refusal} for whatever a typed array has besides its elements. */
export function checkTypedArray(value: TypedArray): void {
  if (!hasOnlyElements(value)) throw refusalOfOwn(Reflect.ownKeys(value).find((key) => indexOf(key) === undefined));
}

/** Whether a typed array has no properties of its own. */
export function hasOnlyElements(value: TypedArray): boolean {
  if (value.length > MOST_LISTED && isEvidentlyPlain(value, value[Symbol.toStringTag])) return true;
  return Reflect.ownKeys(value).length === value.length;
}

export type TypedArray = Exclude<NodeJS.ArrayBufferView, DataView>;

/** What the engine lists of `value` under a name like `#gold`, besides properties that are called so. */
export function hasPrivateField(value: object, name: string): boolean {
  const listed = jscDescribe(value)
    .split(/[{ ]/)
    .filter((part) => part.startsWith(`${name}:`));
  return listed.length > (Object.hasOwn(value, name) ? 1 : 0);
}

/** Listing more indices than this takes longer than asking the engine. */
const MOST_LISTED = 16;

/**
 * Whether the engine itself says that an array has nothing but plain elements. The language can only tell by listing
 * every index as a text, which for a large array takes many times as long as storing it. Where a Bun describes arrays in
 * another way, this is `false` and they are listed.
 */
function isEvidentlyPlain(value: object, className: string): boolean {
  const description = jscDescribe(value);
  if (!description.includes(`, ${className}, (0/0, 0/0){}, `)) return false;
  return className !== "Array" || plainElements.test(description);
}

/** The ways in which the engine keeps elements that are neither getters nor read-only. */
const plainElements = /\{\}, (?:CopyOnWrite)?ArrayWith(?:Int32|Double|Contiguous),/;

function refusalOfOwn(key: string | symbol | undefined): Refusal {
  if (typeof key === "string")
    return new Refusal("a property of one's own on a built-in object cannot be stored", propertyStep(key));
  return new Refusal("a property whose key is a symbol cannot be stored", key === undefined ? "" : `[${String(key)}]`);
}

function indexOf(key: string | symbol): number | undefined {
  const index = typeof key === "string" ? Number(key) : Number.NaN;
  return Number.isInteger(index) && index >= 0 && index < LARGEST_LENGTH && String(index) === key ? index : undefined;
}

const LARGEST_LENGTH = 2 ** 32 - 1;
