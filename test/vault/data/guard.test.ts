import { expect, test } from "bun:test";
import { registerLiveTypes } from "../../../src/vault/types/registry.ts";
import { guard } from "../../../src/vault/data/guard.ts";
import { wrap } from "../../../src/vault/data/live-data.ts";
import { valueKinds } from "../codec/kinds.ts";

class Mail {
  text = "";
}
class Connection {
  readonly handler = () => 0;
}
class Secure extends Connection {}

registerLiveTypes(new Map([["Live_Mail", Mail]]));

test("8.4 guard returns the very value, when nothing in it belongs to a plugin's code", () => {
  const value: Record<string, unknown> = {
    map: new Map([[{}, new Set([1, "x", 5n, null, undefined])]]),
    data: wrap([1]),
    at: new Date(),
  };
  value["self"] = value;
  value["error"] = new TypeError("x");
  value["bytes"] = [new Uint8Array(3), Buffer.from("x"), new SharedArrayBuffer(8)];
  expect(guard(value)).toBe(value);
  for (const primitive of [5, "x", undefined, null, Symbol("s")]) expect(guard(primitive)).toBe(primitive as never);
});

test("8.4 instances of the host's own classes are kept when the host names them", () => {
  const secure = new Secure();
  expect(guard({ secure }, Connection)).toEqual({ secure });
  expect(guard(secure, Connection)).toBe(secure);
});

const refused: [path: string, message: string, value: unknown][] = [
  ["value", "a function", () => 0],
  ["value", "a function", Mail],
  ["value.list[1].call", "a function", { list: [0, { call: () => 0 }] }],
  ["value.values()[0]", "a function", new Map([["k", () => 0]])],
  [
    "value.keys()[1]",
    "a function",
    new Map<unknown, number>([
      [1, 1],
      [() => 0, 1],
    ]),
  ],
  ["value.values()[1].f", "a function", new Set([1, { f: () => 0 }])],
  [
    "value.hp",
    "a function",
    {
      get hp() {
        return 1;
      },
    },
  ],
  ["value.hidden", "a function", Object.defineProperty({}, "hidden", { value: () => 0 })],
  ["value[Symbol(s)]", "a function", { [Symbol("s")]: () => 0 }],
  ["value[0]", "an instance of the live type Live_Mail", [new Mail()]],
  ["value.connection", "an instance of Connection", { connection: new Connection() }],
  ["value[0]", "an instance of a class without a name", [Object.create({})]],
  ["value.a", "a proxy", { a: new Proxy({}, {}) }],
  ["value.a", "an instance of Promise", { a: Promise.resolve() }],
  ["value.a", "an instance of WeakMap", { a: new WeakMap() }],
  ["value.bytes.free", "a function", { bytes: Object.assign(new Uint8Array(100), { free: () => 0 }) }],
  ["value.bytes[Symbol(s)]", "a function", { bytes: Object.assign(Buffer.alloc(1), { [Symbol("s")]: () => 0 }) }],
  ["value.list.index", "a function", { list: Object.assign([1], { index: () => 0 }) }],
  ["value.values()[0]", "a function", Object.setPrototypeOf(new Map([[1, () => 0]]), Object.prototype)],
];

test.each(refused)("8.4 guard refuses at %s: %s", (path, what, value) => {
  expect(() => guard(value)).toThrow(
    expect.objectContaining({
      code: "HOTSWAP_NOT_SERIALIZABLE",
      message: expect.stringContaining(`${path}: ${what} cannot be kept by the host: `),
    }),
  );
});

test("8.4 guard keeps a value of any kind as it is, or refuses it with its path", () => {
  for (const { make } of valueKinds) {
    const value = make();
    try {
      expect(guard(value)).toBe(value);
    } catch (error) {
      expect(error).toMatchObject({
        code: "HOTSWAP_NOT_SERIALIZABLE",
        message: expect.stringMatching(/^value[^:]*: /),
      });
    }
  }
});
