import { createRequire } from "node:module";

// An import would fix the names that modules see later.
const builtin = createRequire(import.meta.url);
export const fs = builtin("node:fs") as object;
export const files = builtin("node:fs/promises") as object;
export const vm = builtin("node:vm") as object;

/** How often things happened since they were reset, by what they were called. */
export const counts: Record<string, number> = {};

export function resetCounts(): void {
  for (const key of Object.keys(counts)) delete counts[key];
}

export function add(name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Counts the calls of a method, or of a class, with parameters that matter. */
export function count(
  owner: object,
  name: string,
  as: string,
  matters: (...params: readonly unknown[]) => boolean = () => true,
): void {
  const original = Reflect.get(owner, name) as (...params: unknown[]) => unknown;
  Reflect.set(owner, name, function counted(this: unknown, ...params: unknown[]): unknown {
    if (matters(...params)) add(as);
    return new.target === undefined ? Reflect.apply(original, this, params) : Reflect.construct(original, params);
  });
}

/** Counts how often a property is read that a class answers by a getter. */
export function countReads(owner: object, name: string, as: string): void {
  const get = Object.getOwnPropertyDescriptor(owner, name)?.get;
  if (get === undefined) throw new Error(`${name} is no getter`);
  Object.defineProperty(owner, name, {
    configurable: true,
    get(this: unknown): unknown {
      add(as);
      return Reflect.apply(get, this, []);
    },
  });
}
