import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { HotswapError } from "../../../src/errors.ts";
import { decode, noTypes } from "../../../src/vault/codec/decode.ts";
import { encode } from "../../../src/vault/codec/encode.ts";
import { fromText, toText } from "../../../src/vault/codec/text.ts";
import { LiveData, wrap } from "../../../src/vault/data/live-data.ts";
import { JobQueue } from "../../../src/jobs/job-queue.ts";
import { bagHost } from "../bag/bag-host.ts";
import { SetSource } from "../../jobs/job-source.ts";
import { valueKinds, type ValueKind } from "./kinds.ts";
import { expectSameValue } from "./same-value.ts";
import { storableValue } from "./values.ts";

const named = valueKinds.map((value) => [value.kind, value] as const);

const refusal = (root: string, { path, reason }: NonNullable<ValueKind["refused"]>): Error =>
  expect.objectContaining({
    code: "HOTSWAP_NOT_SERIALIZABLE",
    message: `${root}${path}: ${reason}`,
  }) as unknown as Error;

test.each(named)("7.3 kept as it is or refused with its path: %s", (_, { make, refused }) => {
  const value = make();
  const inside = { list: [make()] };
  if (refused) {
    expect(() => encode(value, "key")).toThrow(refusal("key", refused));
    expect(() => encode(inside, "key")).toThrow(refusal("key.list[0]", refused));
    return;
  }
  for (const content of [value, inside]) {
    const stored = encode(content, "key");
    expectSameValue(decode(stored, noTypes, "key"), content);
    expectSameValue(decode(fromText(toText(stored)), noTypes, "key"), content);
  }
});

test("7.3, 8.3, 8.5 the data bag, live data and jobs keep and refuse the same", async () => {
  const { bag } = await (await bagHost()).load();
  const source = new SetSource();
  let handled: unknown;
  source.load({ funcs: { live_take: (value: unknown) => void (handled = value) } });
  await using queue = new JobQueue(source);
  for (const { make, refused } of valueKinds) {
    const value = make();
    if (refused) {
      expect(() => bag.set("key", value)).toThrow(refusal("key", refused));
      expect(() => wrap(value)).toThrow(refusal("value", refused));
      expect(() => queue.add("live_take", value)).toThrow(refusal("value", refused));
      continue;
    }
    bag.set("key", value);
    expectSameValue(bag.get("key"), value);
    expectSameValue(LiveData.from(JSON.parse(JSON.stringify(wrap(value)))).unwrap(), value);
    queue.add("live_take", value);
    expect(await queue.tick()).toEqual({ ran: 1, failed: 0 });
    expectSameValue(handled, value);
  }
  expect(queue.size).toBe(0);
});

test("7.3 what looks like live data and is none is refused when it is stored", () => {
  const fake: unknown = Object.create(LiveData.prototype);
  expect(() => encode({ fake }, "key")).toThrow(
    refusal("key", { path: ".fake", reason: "a built-in object with the prototype of another cannot be stored" }),
  );
});

/** Something of any kind, in a value that can be stored but for that. */
function anyValue(): fc.Arbitrary<{ value: unknown; path: string; refused: ValueKind["refused"] }> {
  const wrappers: readonly ((value: unknown) => readonly [unknown, string])[] = [
    (value) => [{ deep: value }, ".deep"],
    (value) => [[0, value], "[1]"],
    (value) => [new Map([["k", value]]), `.get("k")`],
    (value) => [Object.freeze({ "odd key": value }), `["odd key"]`],
    (value) => [Object.assign(Array(1), { 1: [value] }), "[1][0]"],
  ];
  return fc
    .tuple(fc.constantFrom(...valueKinds), fc.array(fc.constantFrom(...wrappers), { maxLength: 4 }), storableValue())
    .map(([{ make, refused }, around, beside]) => {
      let value = make();
      let path = refused?.path ?? "";
      for (const wrapper of around) {
        const [outer, step] = wrapper(value);
        value = outer;
        path = step + path;
      }
      return { value: { beside, value }, path: `key.value${path}`, refused };
    });
}

test("7.3 at random: what is accepted comes back equal, what is refused names its path", () => {
  fc.assert(
    fc.property(anyValue(), ({ value, path, refused }) => {
      let stored: ReturnType<typeof encode>;
      try {
        stored = encode(value, "key");
      } catch (error) {
        expect(error).toBeInstanceOf(HotswapError);
        expect((error as Error).message).toBe(`${path}: ${refused?.reason}`);
        return;
      }
      expect(refused).toBeUndefined();
      expectSameValue(decode(fromText(toText(stored)), noTypes, "key"), value);
    }),
    { numRuns: 1000 },
  );
});
