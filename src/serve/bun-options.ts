/**
 * What `Bun.serve` would read of an object of options: also what a class defines for its instances, and without what is
 * undefined.
 */
export function readOptions(options: object): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (let object: object | null = options; object !== null && object !== Object.prototype;) {
    for (const key of Object.getOwnPropertyNames(object)) {
      if (key === "constructor" || Object.hasOwn(read, key)) continue;
      const value: unknown = Reflect.get(options, key);
      if (value !== undefined) read[key] = value;
    }
    object = Reflect.getPrototypeOf(object);
  }
  return read;
}

type MapValue = (value: unknown, where: string) => unknown;

/** The table of routes with each of its handlers mapped. What is no table is returned as it is, for Bun to refuse. */
export function mapRoutes(routes: unknown, map: MapValue): unknown {
  if (!isTable(routes)) return routes;
  return mapValues(routes, (value, path) =>
    isMethodTable(value)
      ? mapValues(value, (handler, method) => map(handler, `routes["${path}"].${method}`))
      : map(value, `routes["${path}"]`),
  );
}

/** `{ GET: ..., POST: ... }`, in contrast to a `Response`, a file, an imported page, or the options of a folder. */
function isMethodTable(value: unknown): value is Record<string, unknown> {
  return isTable(value) && Object.keys(value).every((key) => /^[A-Z]+$/.test(key));
}

function isTable(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);
}

function mapValues(record: Readonly<Record<string, unknown>>, map: MapValue): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
