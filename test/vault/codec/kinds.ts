/** One value of a kind that JavaScript knows, made anew at each call. */
export interface ValueKind {
  readonly kind: string;
  readonly make: () => unknown;
  /** Where and why it cannot be stored; `undefined` for what comes back as it is. */
  readonly refused?: { readonly path: string; readonly reason: string };
}

const kept = (kind: string, make: () => unknown): ValueKind => ({ kind, make });
const refused = (kind: string, path: string, reason: string, make: () => unknown): ValueKind => ({
  kind,
  make,
  refused: { path, reason },
});

const own = (key: PropertyKey, property: PropertyDescriptor, object: object = {}): object =>
  Object.defineProperty(object, key, property);
const plain = { value: 1, enumerable: true, writable: true, configurable: true };
const getter = { get: () => 1, enumerable: true, configurable: true };
const disguised = (object: object, prototype: object | null): unknown => Object.setPrototypeOf(object, prototype);
const many = (): number[] => Array.from({ length: 100 }, (_, index) => index);

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

const ownReason = "a property of one's own on a built-in object cannot be stored";
const symbolReason = "a property whose key is a symbol cannot be stored";
const hiddenReason = "a property that is not enumerable cannot be stored";
const readOnlyReason = "a property that was made read-only or permanent by itself cannot be stored";
const getterReason = "a getter cannot be stored; store its value instead";
const proxyReason = "a proxy cannot be stored; store what it stands for";
const disguisedReason = "a built-in object with the prototype of another cannot be stored";

function argumentsOf(): unknown {
  return arguments;
}

class Extended extends Map {}
class Plain {
  x = 1;
}

const primitives: ValueKind[] = [
  kept("numbers", () => [0, -0, 1.5, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, 2 ** 53]),
  kept("texts, also with half of a surrogate pair", () => ["", "a", "\ud800", "\udc00x", "\u0000", "😀", "__proto__"]),
  kept("bigints", () => [0n, -1n, 2n ** 200n]),
  kept("true, false, null, undefined", () => [true, false, null, undefined]),
  refused("a symbol", "", "a symbol cannot be stored", () => Symbol("s")),
  refused("a registered symbol", "", "a symbol cannot be stored", () => Symbol.for("s")),
  refused("a function", "", "a function cannot be stored", () => () => 1),
  refused("an async generator", "", "a function cannot be stored", () => async function* () {}),
  refused("a class", "", "a class cannot be stored", () => Plain),
];

const objects: ValueKind[] = [
  kept("an object", () => ({ a: 1, "": 2, "odd key": 3, 7: 4 })),
  kept("an object without prototype", () => Object.assign(Object.create(null), { a: 1 })),
  kept("a key __proto__", () => own("__proto__", plain)),
  kept("keys that are half of a surrogate pair", () => ({ "\ud800": 1 })),
  kept("a frozen object", () => Object.freeze({ a: 1, b: Object.freeze(own(2, plain, [1])) })),
  kept("a sealed object", () => Object.seal({ a: 1, inner: { b: 2 } })),
  kept("an object that takes no more properties", () => Object.preventExtensions({ a: 1 })),
  kept("empty frozen things", () => [Object.freeze({}), Object.freeze([]), Object.freeze(new Map([[1, 2]]))]),
  refused("a key that is a symbol", "[Symbol(s)]", symbolReason, () => ({ [Symbol("s")]: 1 })),
  refused("a hidden property", ".x", hiddenReason, () => own("x", { ...plain, enumerable: false })),
  refused("a read-only property", ".x", readOnlyReason, () => own("x", { ...plain, writable: false })),
  refused("a permanent property", ".x", readOnlyReason, () => own("x", { ...plain, configurable: false })),
  refused("a getter", ".x", getterReason, () => own("x", getter)),
  refused("a getter that throws", ".x", getterReason, () => ({
    get x() {
      throw new Error("no");
    },
  })),
  refused("a setter", ".x", "a setter cannot be stored", () => ({ set x(_: number) {} })),
  refused("a frozen getter", ".x", getterReason, () => Object.freeze(own("x", getter))),
  refused("a prototype of one's own", "", "an object with a prototype of its own cannot be stored", () =>
    Object.create({ inherited: 1 }),
  ),
  refused(
    "an instance of a class",
    "",
    "an instance of Plain, which is not a live type, cannot be stored",
    () => new Plain(),
  ),
  refused("arguments", ".length", hiddenReason, () => Reflect.apply(argumentsOf, undefined, [1, 2])),
  refused("a proxy", "", proxyReason, () => new Proxy({ a: 1 }, {})),
  refused("a proxy of an array", "", proxyReason, () => new Proxy([1], {})),
  refused("a revoked proxy", "", proxyReason, () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  }),
];

const arrays: ValueKind[] = [
  kept("an array", () => [1, "a", [2]]),
  kept("holes", () => Object.assign(Array(6), { 1: 1, 3: undefined })),
  kept("a far element", () => own(1000, plain, [])),
  kept("many elements", () => [
    many(),
    many().map((n) => n / 2),
    many().map((n) => ({ n })),
    many().with(3, undefined as never),
  ]),
  kept("many frozen elements", () => Object.freeze(many())),
  kept("a sealed array", () => Object.seal([1, 2])),
  refused("what match() returns", ".index", ownReason, () => "2024-05".match(/(?<y>\d+)/)),
  refused("an own property", ".extra", ownReason, () => Object.assign([1], { extra: 1 })),
  refused("an own property on a large array", ".extra", ownReason, () => Object.assign(many(), { extra: 1 })),
  refused("an empty key beside a hole", `[""]`, ownReason, () => Object.assign(Array(1), { 1: 1, "": 5 })),
  refused("a negative index", `["-1"]`, ownReason, () => Object.assign([1], { "-1": 5 })),
  refused("an index beyond the largest", `["4294967295"]`, ownReason, () => Object.assign([1], { 4294967295: 5 })),
  refused("a symbol", "[Symbol(s)]", symbolReason, () => Object.assign([1], { [Symbol("s")]: 5 })),
  refused("a symbol on a large array", "[Symbol(s)]", symbolReason, () => Object.assign(many(), { [Symbol("s")]: 5 })),
  refused("a getter among elements", "[1]", getterReason, () => own(1, getter, [1, 2])),
  refused("a getter among many", "[50]", getterReason, () => own(50, getter, many())),
  refused("a read-only element among many", "[50]", readOnlyReason, () =>
    own(50, { value: 1, writable: false }, many()),
  ),
  refused("a read-only length", "", "an array whose length was made read-only by itself cannot be stored", () =>
    own("length", { writable: false }, [1]),
  ),
  refused("the pieces of a template", ".raw", ownReason, () => ((pieces: TemplateStringsArray) => pieces)`a`),
  refused(
    "a subclass",
    "",
    "an instance of Stack, which is not a live type, cannot be stored",
    () => new (class Stack extends Array {})(),
  ),
];

const nameOf = (value: object): string => value.constructor.name;

const withoutContent: (() => object)[] = [
  () => new Map(),
  () => new Set(),
  () => new Date(0),
  () => /a/,
  () => new URL("a:b"),
  () => new URLSearchParams(),
  () => new ArrayBuffer(1),
  () => new DataView(new ArrayBuffer(1)),
  () => Temporal.Instant.fromEpochMilliseconds(0),
  () => Temporal.Duration.from({ days: 1 }),
];

const unknown: object[] = [
  new Error("x"),
  new AggregateError([]),
  new WeakMap(),
  new WeakSet(),
  new WeakRef({}),
  new FinalizationRegistry(() => {}),
  Promise.resolve(),
  Object(1),
  Object("s"),
  Object(1n),
  Object(Symbol("s")),
  new Headers(),
  new Blob([]),
  new AbortController(),
  new TextEncoder(),
  new Intl.Collator("en"),
  new EventTarget(),
];

const builtIns: ValueKind[] = [
  kept("Map and Set", () => [new Map<unknown, unknown>([[{}, new Set([1])]]), new Set([Number.NaN, 0])]),
  kept("dates", () => [new Date(0), new Date(Number.NaN)]),
  kept("a RegExp in mid-search", () => Object.assign(/a+/dgimsuy, { lastIndex: 7 })),
  kept("a frozen RegExp", () => Object.freeze(/a/)),
  kept("URL and URLSearchParams", () => [new URL("https://a@b:1/c?d#e"), new URLSearchParams("a=1&a=2&b=%20")]),
  kept("Temporal", () => [Temporal.Instant.from("2020-01-01T00:00Z"), Temporal.Duration.from({ hours: 90 })]),
  ...withoutContent.map((make) =>
    refused(`an own property on ${nameOf(make())}`, ".extra", ownReason, () => Object.assign(make(), { extra: 1 })),
  ),
  ...withoutContent.map((make) =>
    refused(`a symbol on ${nameOf(make())}`, "[Symbol(s)]", symbolReason, () =>
      Object.assign(make(), { [Symbol("s")]: 1 }),
    ),
  ),
  refused(
    "a RegExp whose lastIndex is no number",
    ".lastIndex",
    "a lastIndex that is not a number cannot be stored",
    () => Object.assign(/a/, { lastIndex: "7" }),
  ),
  refused(
    "a subclass",
    "",
    "an instance of Extended, which is not a live type, cannot be stored",
    () => new Extended(),
  ),
  ...unknown.map((value) => refused(nameOf(value), "", `a ${nameOf(value)} cannot be stored`, () => value)),
  refused("an iterator", "", "an object with a prototype of its own cannot be stored", () => [1].values()),
  refused("a Map that says it is plain", "", disguisedReason, () => disguised(new Map(), Object.prototype)),
  refused("a Date without prototype", "", disguisedReason, () => disguised(new Date(), null)),
  refused("a plain object that says it is an array", "", disguisedReason, () => disguised({}, Array.prototype)),
];

const bytes: ValueKind[] = [
  kept("an ArrayBuffer and views of it", () => {
    const buffer = new ArrayBuffer(16);
    return [buffer, new Uint8Array(buffer, 3, 4), new DataView(buffer, 1), new Float64Array(buffer)];
  }),
  kept("a large typed array", () => Float32Array.from(many())),
  kept("a typed array that takes no properties", () => Object.preventExtensions(new Uint8Array(2))),
  kept("a Buffer", () => Buffer.from("abc")),
  refused("an own property on a typed array", ".extra", ownReason, () =>
    Object.assign(new Uint8Array(2), { extra: 1 }),
  ),
  refused("an own property on a large one", ".extra", ownReason, () =>
    Object.assign(new Float64Array(200), { extra: 1 }),
  ),
  refused("an own property on a Buffer", ".extra", ownReason, () => Object.assign(Buffer.alloc(200), { extra: 1 })),
  refused("a symbol on a typed array", "[Symbol(s)]", symbolReason, () =>
    Object.assign(new Uint8Array(200), { [Symbol("s")]: 1 }),
  ),
  refused(
    "shared memory",
    ".buffer",
    "a SharedArrayBuffer cannot be stored",
    () => new Uint8Array(new SharedArrayBuffer(8)),
  ),
  refused("a Buffer of shared memory", "", "a SharedArrayBuffer cannot be stored", () =>
    Buffer.from(new SharedArrayBuffer(8) as never),
  ),
  refused(
    "a resizable buffer",
    "",
    "a resizable ArrayBuffer cannot be stored",
    () => new ArrayBuffer(8, { maxByteLength: 16 }),
  ),
  refused(
    "a view of one",
    ".buffer",
    "a resizable ArrayBuffer cannot be stored",
    () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 })),
  ),
  refused("a detached buffer", "", "an ArrayBuffer that was transferred cannot be stored", detached),
  refused("a view of one that is detached", ".buffer", "an ArrayBuffer that was transferred cannot be stored", () => {
    const buffer = new ArrayBuffer(8);
    const view = new Uint8Array(buffer);
    structuredClone(buffer, { transfer: [buffer] });
    return view;
  }),
  refused("a typed array that says it is another", "", disguisedReason, () =>
    disguised(new Uint8Array(4), Float32Array.prototype),
  ),
  refused(
    "a subclass of Uint8Array",
    "",
    "an instance of Pixels, which is not a live type, cannot be stored",
    () => new (class Pixels extends Uint8Array {})(1),
  ),
];

/** A value of every kind, alone. */
export const valueKinds: readonly ValueKind[] = [...primitives, ...objects, ...arrays, ...builtIns, ...bytes];
