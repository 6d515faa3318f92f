import { expect } from "bun:test";

/**
 * Fails unless `actual` is a copy of `expected`: same values, kinds, holes, prototypes, properties with their attributes,
 * integrity, and the same objects in the same places.
 */
export function expectSameValue(actual: unknown, expected: unknown): void {
  const difference = findDifference(actual, expected);
  if (difference) throw new Error(`not the same value: ${difference}`);
  expect(difference).toBeUndefined();
}

function findDifference(actual: unknown, expected: unknown): string | undefined {
  const pairs = new Map<object, object>();
  const reversed = new Map<object, object>();
  const todo: [actual: unknown, expected: unknown, path: string][] = [[actual, expected, "value"]];
  for (let next = todo.pop(); next; next = todo.pop()) {
    const [a, e, path] = next;
    if (typeof e !== "object" || e === null || typeof a !== "object" || a === null) {
      if (!Object.is(a, e)) return `${path} is ${Bun.inspect(a)}, expected ${Bun.inspect(e)}`;
      continue;
    }
    if (pairs.has(e) || reversed.has(a)) {
      if (pairs.get(e) !== a || reversed.get(a) !== e) return `${path} is shared differently`;
      continue;
    }
    pairs.set(e, a);
    reversed.set(a, e);
    if (a === e) return `${path} was not copied`;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(e)) return `${path} has another prototype`;
    const push = (x: unknown, y: unknown, step: string): number => todo.push([x, y, path + step]);
    const difference = compareContent(a, e, push) ?? compareProperties(a, e, push);
    if (difference) return `${path}: ${difference}`;
  }
  return undefined;
}

function compareContent(
  a: object,
  e: object,
  push: (a: unknown, e: unknown, step: string) => void,
): string | undefined {
  if (e instanceof Date && a instanceof Date) return Object.is(a.getTime(), e.getTime()) ? undefined : "another time";
  if (e instanceof RegExp && a instanceof RegExp) {
    return String(a) === String(e) && a.lastIndex === e.lastIndex ? undefined : "another expression";
  }
  if (e instanceof URL || e instanceof URLSearchParams)
    return String(a) === String(e) ? undefined : `${String(a)} for ${String(e)}`;
  if (Object.prototype.toString.call(e).startsWith("[object Temporal."))
    return String(a) === String(e) ? undefined : `${String(a)} for ${String(e)}`;
  if (e instanceof ArrayBuffer && a instanceof ArrayBuffer) {
    return Buffer.compare(Buffer.from(a), Buffer.from(e)) === 0 ? undefined : "other bytes";
  }
  if (e instanceof Buffer && a instanceof Buffer) return a.equals(e) ? undefined : "other bytes";
  if (ArrayBuffer.isView(e) && ArrayBuffer.isView(a)) {
    push(a.buffer, e.buffer, ".buffer");
    return a.byteOffset === e.byteOffset && a.byteLength === e.byteLength ? undefined : "another part of the buffer";
  }
  if (e instanceof Map && a instanceof Map) {
    const pairs = [...a];
    if (a.size !== e.size) return "another size";
    let place = 0;
    for (const [key, value] of e) {
      push(pairs[place]?.[0], key, `.keys()[${place}]`);
      push(pairs[place]?.[1], value, `.values()[${place}]`);
      place++;
    }
    return undefined;
  }
  if (e instanceof Set && a instanceof Set) {
    const values = [...a];
    if (a.size !== e.size) return "another size";
    let place = 0;
    for (const value of e) push(values[place], value, `.values()[${place++}]`);
    return undefined;
  }
  return undefined;
}

function compareProperties(
  a: object,
  e: object,
  push: (a: unknown, e: unknown, step: string) => void,
): string | undefined {
  if ([Object.isExtensible, Object.isSealed, Object.isFrozen].some((is) => is(a) !== is(e))) return "another integrity";
  const keys = Reflect.ownKeys(e);
  const keysOfA = Reflect.ownKeys(a);
  if (keysOfA.length !== keys.length || keys.some((key, place) => keysOfA[place] !== key)) return "other properties";
  // Their elements were compared as bytes.
  if (ArrayBuffer.isView(e)) return undefined;
  for (const key of keys) {
    const [inA, inE] = [a, e].map((object) => Object.getOwnPropertyDescriptor(object, key));
    const attributes = ["enumerable", "writable", "configurable", "get", "set"] as const;
    if (attributes.some((attribute) => inA?.[attribute] !== inE?.[attribute]))
      return `${String(key)} has other attributes`;
    push(inA?.value, inE?.value, `[${String(key)}]`);
  }
  return undefined;
}
