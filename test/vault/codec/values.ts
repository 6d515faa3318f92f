import * as fc from "fast-check";

/** Any value that can be stored (SPEC 7.3), nested at random. */
export function storableValue(): fc.Arbitrary<unknown> {
  const text = fc.string({ unit: "binary" });
  // Half of a surrogate pair, which UTF-8 cannot write.
  const brokenText = fc
    .tuple(text, fc.integer({ min: 0xd800, max: 0xdfff }))
    .map(([head, half]) => head + String.fromCharCode(half));
  const key = fc.oneof(
    text,
    brokenText,
    fc.constantFrom("__proto__", "constructor", "toJSON", "0", "-1", "length", "then", ""),
  );
  const few = { maxLength: 5 };
  const bytes = fc.uint8Array({ maxLength: 40 });
  const aligned = bytes.map((content) => Uint8Array.from(content).buffer.slice(0, content.length & ~7));
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(
        text,
        brokenText,
        fc.double(),
        fc.integer(),
        fc.bigInt(),
        fc.boolean(),
        fc.constantFrom(
          null,
          undefined,
          Number.NaN,
          Infinity,
          -Infinity,
          -0,
          Number.MIN_VALUE,
          Number.MAX_SAFE_INTEGER,
        ),
        fc.date({ noInvalidDate: false }),
        fc
          .tuple(
            fc.constantFrom("a+", "[/]x", "(?<x>.)", "\\ud83d", "^$"),
            fc.constantFrom("", "g", "giy", "u", "ms"),
            fc.nat(9),
          )
          .map(([source, flags, lastIndex]) => Object.assign(new RegExp(source, flags), { lastIndex })),
        fc.webUrl({ withFragments: true, withQueryParameters: true }).map((url) => new URL(url)),
        fc.array(fc.tuple(fc.string(), fc.string())).map((pairs) => new URLSearchParams(pairs)),
        bytes.map((content) => Buffer.from(content)),
        aligned,
        bytes.map((content) => new Uint8Array(content)),
        bytes.map((content) => new DataView(Uint8Array.from(content).buffer, content.length >> 1)),
        fc
          .tuple(
            aligned,
            fc.constantFrom(Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array),
          )
          .map(([buffer, View]) => new View(buffer)),
        fc
          .tuple(aligned, fc.constantFrom(Float16Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array))
          .map(([buffer, View]) => new View(buffer)),
      ),
      fc.array(tie("value"), few),
      fc.sparseArray(tie("value"), { maxNumElements: 5 }),
      fc.array(fc.tuple(key, tie("value")), few).map((entries) => withProperties({}, entries)),
      fc
        .array(fc.tuple(key, tie("value")), few)
        .map((entries) => withProperties(Object.create(null) as object, entries)),
      fc.array(fc.tuple(tie("value"), tie("value")), few).map((entries) => new Map(entries)),
      fc.array(tie("value"), few).map((values) => new Set(values)),
    ),
  })).value;
}

/** Any storable value in which some objects occur more than once, also within themselves. */
export function tangledValue(): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.array(storableValue(), { minLength: 1 }), fc.array(fc.tuple(fc.nat(), fc.nat())))
    .map(([values, ties]) => {
      const containers: unknown[][] = values.map((value) => [value]);
      for (const [from, to] of ties)
        containers[from % containers.length]?.push(containers[to % containers.length], values[to % values.length]);
      return containers;
    });
}

function withProperties(object: object, entries: readonly (readonly [string, unknown])[]): object {
  for (const [key, value] of entries) {
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return object;
}
