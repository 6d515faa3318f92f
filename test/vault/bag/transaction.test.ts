import { expect, test } from "bun:test";
import type { BagTransaction } from "../../../src/vault/bag/storage.ts";
import { begin, bagHost } from "./bag-host.ts";

const conflict = (message: RegExp): unknown =>
  expect.objectContaining({ code: "HOTSWAP_MIGRATION_FAILED", message: expect.stringMatching(message) });

test("7.3 what onInit writes is seen by the new set at once, by the live set never, by both from the swap on", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("round", 1);
  bag.set("old", 1);
  const next = begin(host.storage);
  next.bag.set("round", 2);
  next.bag.set("extra", [1]);
  next.bag.delete("old");
  expect([bag.get("round"), bag.has("extra"), bag.get("old"), bag.size]).toEqual([1, false, 1, 2]);
  expect([next.bag.get("round"), next.bag.has("extra"), next.bag.has("old"), next.bag.size]).toEqual([
    2,
    true,
    false,
    2,
  ]);
  expect([...next.bag.keys()]).toEqual(["round", "extra"]);
  await next.prepare();
  expect(bag.get("round")).toBe(1);
  next.commit();
  for (const view of [bag, next.bag]) {
    expect([...view.entries()]).toEqual([
      ["round", 2],
      ["extra", [1]],
    ]);
  }
});

test("7.3 a failed reload leaves the bag as it was, value by value", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("round", { number: 1 });
  bag.set("kept", [1]);
  const before = bag.snapshot();
  const next = begin(host.storage);
  next.bag.set("round", 2);
  next.bag.delete("kept");
  next.bag.set("extra", [1]);
  next.abort();
  expect(bag.snapshot()).toEqual(before);
  expect(() => next.bag.get("round")).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  await expect(next.prepare()).rejects.toMatchObject({ code: "HOTSWAP_FREED" });
  await host.load();
  expect(bag.snapshot()).toEqual(before);
});

test("7.3 writes of the live set during a reload are kept", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  const next = begin(host.storage);
  next.bag.set("mine", 1);
  bag.set("theirs", 1);
  expect(next.bag.get("theirs")).toBe(1);
  await next.prepare();
  bag.set("late", 1);
  next.commit();
  expect([...next.bag.keys()].toSorted()).toEqual(["late", "mine", "theirs"]);
});

test("7.3 a key that both sets wrote is a named conflict, also when the live set deleted it", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("a", 1);
  bag.set("b", 1);
  const next = begin(host.storage);
  next.bag.set("a", 3);
  next.bag.set("b", 3);
  next.bag.set("c", 3);
  bag.set("a", 2);
  bag.delete("b");
  await expect(next.prepare()).rejects.toEqual(
    conflict(/conflict over the data-bag keys "a", "b": .*declare how to merge/),
  );
  next.abort();
  expect([...bag.entries()]).toEqual([["a", 2]]);
});

test("7.3 a conflict after prepare() fails the commit before it changed anything", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  const next = begin(host.storage);
  next.bag.set("a", 1);
  next.bag.set("b", 1);
  await next.prepare();
  bag.set("b", 2);
  expect(() => next.commit()).toThrow(conflict(/conflict over the data-bag key "b"/) as Error);
  next.abort();
  expect([...bag.entries()]).toEqual([["b", 2]]);
});

test("7.3 a key that declares how to merge gets theirs, ours and the original", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("score", 10);
  const next = begin(host.storage);
  next.bag.declare("score", {
    merge: (theirs, ours, original) => Number(theirs) + Number(ours) - Number(original),
  });
  next.bag.update("score", (score) => Number(score) + 100, 0);
  bag.set("score", 11);
  await next.prepare();
  bag.set("score", 12);
  next.commit();
  expect(bag.get("score")).toBe(112);
});

test("7.3 a merge that fails, fails the reload", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  const next = begin(host.storage);
  next.bag.declare("score", {
    merge() {
      throw new Error("no idea");
    },
  });
  next.bag.set("score", 1);
  bag.set("score", 2);
  await expect(next.prepare()).rejects.toEqual(conflict(/merging the data-bag key "score" failed: no idea/));
});

test("7.3 a key is declared once in a set, and before it is written", async () => {
  const { storage } = await bagHost();
  const { bag } = begin(storage);
  bag.declare("a", {});
  expect(() => bag.declare("a", {})).toThrow(conflict(/"a" is declared twice, by the host and the host/) as Error);
  bag.set("b", 1);
  expect(() => bag.declare("b", {})).toThrow(conflict(/"b" is declared after it was written/) as Error);
  expect(() => bag.declare("c", { version: 1.5 })).toThrow(conflict(/version of .*"c" is 1\.5/) as Error);
});

test("7.3 a set that was freed lets go of its classes, and its bag says so", async () => {
  const host = await bagHost();
  const kept: BagTransaction[] = [];
  const classes: WeakRef<object>[] = [];
  const load = async (): Promise<void> => {
    class Live_Player {
      name = "bob";
    }
    const transaction = await host.load({ Live_Player }, (bag) =>
      bag.declare("player", { merge: () => new Live_Player() }),
    );
    transaction.bag.set("player", new Live_Player());
    expect(transaction.bag.get("player")).toBeInstanceOf(Live_Player);
    kept.push(transaction);
    classes.push(new WeakRef(Live_Player));
  };
  for (let round = 0; round < 50; round++) await load();
  for (const transaction of kept) transaction.retire();
  expect(() => kept[0]?.bag.get("player")).toThrow(expect.objectContaining({ code: "HOTSWAP_FREED" }));
  // A WeakRef holds its target until the turn ends; the stack may still show one or two to a conservative collector.
  const held = (): number => classes.filter((reference) => reference.deref() !== undefined).length;
  for (let turn = 0; turn < 20 && held() >= 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    Bun.gc(true);
  }
  expect(held()).toBeLessThan(5);
});

test("7.3 a bag of 1,000,000 keys does not make a reload slower", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  for (let index = 0; index < 1_000_000; index++) bag.set(`key ${index}`, index);
  const reload = async (): Promise<number> => {
    const start = Bun.nanoseconds();
    await host.load({}, (next) => next.set("round", start));
    return Bun.nanoseconds() - start;
  };
  const copy = (): number => {
    const start = Bun.nanoseconds();
    const entries = new Map<string, number>();
    for (const key of bag.keys()) entries.set(key, 1);
    return entries.size && Bun.nanoseconds() - start;
  };
  const best = async (measure: () => number | Promise<number>): Promise<number> =>
    Math.min(await measure(), await measure(), await measure());
  expect(await best(reload)).toBeLessThan((await best(copy)) / 20);
});
