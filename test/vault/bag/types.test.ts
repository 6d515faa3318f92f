import { expect, expectTypeOf, test } from "bun:test";
import type { DataBag } from "hotswap";
import { bagHost } from "./bag-host.ts";

interface Typed {
  readonly name: string;
}

declare module "hotswap" {
  interface DataBagEntries {
    "types.test players": Map<string, Typed>;
    "types.test round": number;
  }
}

const players = "types.test players";
const round = "types.test round";

test("7.3 keys that are declared have types, others are unknown", async () => {
  const bag: DataBag = (await (await bagHost()).load()).bag;
  expectTypeOf(bag.get(players)).toEqualTypeOf<Map<string, Typed> | undefined>();
  expectTypeOf(bag.get("anything")).toEqualTypeOf<unknown>();
  expectTypeOf(bag.get(String("anything"))).toEqualTypeOf<unknown>();
  bag.set(players, new Map([["bob", { name: "Bob" }]]));
  expect(bag.update(round, (value) => value + 1, 1)).toBe(2);
  expectTypeOf(bag.update(round, (value) => value, 1)).toEqualTypeOf<number>();
  bag.declare(round, { version: 2, merge: (theirs, ours = 0) => Math.max(theirs ?? 0, ours) });
  expect(bag.get(players)?.get("bob")?.name).toBe("Bob");
});

test("7.3 a value of the wrong type does not compile", async () => {
  const bag: DataBag = (await (await bagHost()).load()).bag;
  // @ts-expect-error a number is no Map
  bag.set(players, 5);
  // @ts-expect-error the function must return a number
  bag.update(round, () => "x", 1);
  // @ts-expect-error the initial value must be a number
  bag.update(round, (value) => value, "x");
  // @ts-expect-error what is merged must be a number
  bag.declare(round, { merge: () => "x" });
  expect(bag.get(round)).toBe("x" as never);
});
