import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { decode, noTypes } from "../../../src/vault/codec/decode.ts";
import { encode } from "../../../src/vault/codec/encode.ts";
import { fromText, toText } from "../../../src/vault/codec/text.ts";
import { expectSameValue } from "./same-value.ts";
import { storableValue, tangledValue } from "./values.ts";

const inMemory = (value: unknown): unknown => decode(encode(value, "value"), noTypes, "value");
const throughText = (value: unknown): unknown => decode(fromText(toText(encode(value, "value"))), noTypes, "value");

test("7.3 every storable value comes back as it was, from memory and from text", () => {
  fc.assert(
    fc.property(storableValue(), (value) => {
      expectSameValue(inMemory(value), value);
      expectSameValue(throughText(value), value);
    }),
    { numRuns: 1000 },
  );
});

test("7.3 cycles and shared references come back as they were", () => {
  fc.assert(
    fc.property(tangledValue(), (value) => {
      expectSameValue(inMemory(value), value);
      expectSameValue(throughText(value), value);
    }),
    { numRuns: 200 },
  );
});

test("7.3 the text is the same for the same value", () => {
  fc.assert(
    fc.property(storableValue(), (value) => {
      const text = toText(encode(value, "value"));
      expect(toText(encode(throughText(value), "value"))).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test("7.3 a list of 100,000 nodes, each in the next, is no deeper than any other value", () => {
  let list: { next: unknown } = { next: null };
  for (let count = 1; count < 100_000; count++) list = { next: list };
  expectSameValue(throughText(list), list);
});

test("7.3 a text of 10 MB and a Map of 1,000,000 entries", () => {
  const text = "0123456789".repeat(1_000_000);
  expect(throughText(text)).toBe(text);
  const map = new Map(Array.from({ length: 1_000_000 }, (_, index) => [`key ${index}`, index]));
  const copy = throughText(map) as typeof map;
  expect(copy.size).toBe(1_000_000);
  expect(copy.get("key 999999")).toBe(999_999);
});

test("7.3 an array with an element at the far end takes no more than its elements", () => {
  const sparse: number[] = [];
  sparse[2 ** 32 - 2] = 1;
  const text = toText(encode(sparse, "value"));
  expect(text.length).toBeLessThan(100);
  const copy = throughText(sparse) as number[];
  expect(copy.length).toBe(2 ** 32 - 1);
  expect(Object.keys(copy)).toEqual(["4294967294"]);
});

test("7.3 two views of one buffer still share it; a Buffer brings only its own bytes", () => {
  const buffer = new ArrayBuffer(16);
  const copy = throughText({ all: new Uint8Array(buffer), part: new Uint16Array(buffer, 2, 3) }) as Record<
    string,
    Uint8Array
  >;
  expect(copy["all"]?.buffer).toBe(copy["part"]?.buffer);
  const pooled = Buffer.from(new ArrayBuffer(1000), 10, 3);
  expect((throughText(pooled) as Buffer).buffer.byteLength).toBe(3);
});

test("7.3 dates and times of Temporal", () => {
  const instant = Temporal.Instant.from("2020-02-29T12:00:00.123456789Z");
  const zoned = instant.toZonedDateTimeISO("Europe/Berlin").withCalendar("hebrew");
  const plain = zoned.toPlainDateTime();
  const values = [instant, zoned, plain, plain.toPlainDate(), plain.toPlainTime()];
  const others = [plain.toPlainDate().toPlainYearMonth(), plain.toPlainDate().toPlainMonthDay()];
  expectSameValue(throughText([...values, ...others]), [...values, ...others]);
  const duration = Temporal.Duration.from({ years: 1, milliseconds: 1500 });
  const copy = throughText(duration) as Temporal.Duration;
  expect([copy.years, copy.milliseconds, copy.seconds]).toEqual([1, 1500, 0]);
});

test("7.3 stored text cannot reach a prototype", () => {
  const text = `[{"__proto__":[1],"constructor":[1]},{"polluted":true}]`;
  const value = decode(fromText(text), noTypes, "value") as Record<string, unknown>;
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.hasOwn(value, "__proto__")).toBe(true);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

class Socket {
  open = true;
}
class CountingMap extends Map {}

const refused: [path: string, reason: string, value: unknown][] = [
  ["players", "a function cannot be stored", () => 0],
  ["players", "a class cannot be stored", Socket],
  ["players", "a symbol cannot be stored", Symbol("id")],
  ["players[3].socket", "a function cannot be stored", [0, 1, 2, { socket: () => 0 }]],
  ["players[0].socket.on", "a symbol cannot be stored", [{ socket: { on: Symbol.iterator } }]],
  ["players[1]", "an instance of Socket, which is not a live type, cannot be stored", [1, new Socket()]],
  ["players", "an instance of CountingMap, which is not a live type, cannot be stored", new CountingMap()],
  [`players.get("bob").conn`, "a Promise cannot be stored", new Map([["bob", { conn: Promise.resolve() }]])],
  [`players.keys()[0]`, "a symbol cannot be stored", new Map([[Symbol("key"), 1]])],
  [
    `players.keys()[1].f`,
    "a function cannot be stored",
    new Map<unknown, unknown>([
      [1, 2],
      [{ f: () => 0 }, 3],
    ]),
  ],
  [`players.values()[0].f`, "a function cannot be stored", new Map([[{}, { f: () => 0 }]])],
  [`players.values()[1]`, "a WeakMap cannot be stored", new Set([1, new WeakMap()])],
  [`players["odd name"].f`, "a function cannot be stored", { "odd name": { f: () => 0 } }],
  ["players.a", "a String cannot be stored", { a: Object("text") }],
  ["players.a", "a TypeError cannot be stored", { a: new TypeError("x") }],
  ["players.a", "an object with a prototype of its own cannot be stored", { a: Object.create({}) }],
  ["players[0][Symbol(hidden)]", "a property whose key is a symbol cannot be stored", [{ [Symbol("hidden")]: 1 }]],
  [
    "players.a.extra",
    "a property of one's own on a built-in object cannot be stored",
    { a: Object.assign(new Map(), { extra: 1 }) },
  ],
  ["players.a.buffer", "a SharedArrayBuffer cannot be stored", { a: new Uint8Array(new SharedArrayBuffer(8)) }],
  [
    "players.buffer",
    "a resizable ArrayBuffer cannot be stored",
    new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 })),
  ],
  ["players[5]", "a function cannot be stored", Object.assign([] as unknown[], { 5: () => 0 })],
];

test.each(refused)("7.3 refused: %s: %s", (path, reason, value) => {
  expect(() => encode(value, "players")).toThrow(
    expect.objectContaining({ code: "HOTSWAP_NOT_SERIALIZABLE", message: `${path}: ${reason}` }),
  );
});
