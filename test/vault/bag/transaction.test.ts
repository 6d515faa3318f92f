import { expect, test } from "bun:test";
import type { KeyDeclaration } from "../../../src/vault/bag/data-bag.ts";
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

test("7.3 merge gets what the new set had seen as the original, and is not asked about what it saw", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("score", 10);
  const next = begin(host.storage);
  const calls: unknown[][] = [];
  next.bag.declare("score", {
    merge: (...values) => {
      calls.push(values);
      return Number(values[0]) + Number(values[1]) - Number(values[2]);
    },
  });
  expect(next.bag.get("score")).toBe(10);
  bag.set("score", 20);
  next.bag.update("score", (score) => Number(score) + 1, 0);
  await next.prepare();
  expect(calls).toEqual([]);
  bag.set("score", 25);
  next.commit();
  expect(calls).toEqual([[25, 21, 20]]);
  expect(bag.get("score")).toBe(26);
});

test("7.3 a conflict that only shows at the swap says so with its phase, and changes nothing", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  const next = begin(host.storage);
  next.bag.set("a", 1);
  next.bag.set("b", 1);
  await next.prepare();
  bag.set("b", 2);
  expect(() => next.commit()).toThrow(
    expect.objectContaining({
      code: "HOTSWAP_MIGRATION_FAILED",
      phase: "vault",
      message: expect.stringContaining('"b"'),
    }),
  );
  next.abort();
  expect([...bag.entries()]).toEqual([["b", 2]]);
});

test("7.7 two plugins may declare a key alike; a difference is an error that names both", async () => {
  const { storage } = await bagHost();
  const transaction = begin(storage);
  const declare = (owner: string, key: string, declaration: KeyDeclaration): void => {
    transaction.owner = owner;
    transaction.bag.declare(key, declaration);
  };
  const step = (): KeyDeclaration => ({ version: 2, migrations: { 1: (old: number) => old + 1 } });
  declare("alpha", "same", step());
  declare("beta", "same", step());
  const others: [string, KeyDeclaration][] = [
    ["version", { ...step(), version: 3 }],
    ["migrations", { ...step(), migrations: { 1: (old: number) => old + 2 } }],
    ["downgrades", { ...step(), downgrades: { 2: (now: number) => now - 1 } }],
    ["merge", { ...step(), merge: (theirs: unknown) => theirs }],
  ];
  for (const [difference, declaration] of others) {
    expect(() => declare("gamma", "same", declaration)).toThrow(
      conflict(new RegExp(`"same" is declared by "alpha" and by "gamma" with another ${difference}`)) as Error,
    );
  }
  expect(() => declare("alpha", "odd", { version: 1.5 })).toThrow(conflict(/version of .*"odd" is 1\.5/) as Error);
});

test("7.7 a plugin that is kept and one that is loaded anew must agree, too", async () => {
  const { storage } = await bagHost();
  const first = begin(storage, {}, ["alpha", "beta"]);
  first.owner = "alpha";
  first.bag.declare("scores", { version: 2 });
  await first.prepare();
  first.commit();
  const second = begin(storage, {}, ["alpha", "beta"]);
  second.owner = "beta";
  second.bag.declare("scores", { version: 3 });
  await expect(second.prepare()).rejects.toEqual(
    conflict(/"scores" is declared by "alpha" and by "beta" with another version/),
  );
});

test("7.7 what another plugin of the set wrote before counts as written at the declared version", async () => {
  const { storage } = await bagHost();
  const first = begin(storage, {}, ["alpha", "beta"]);
  first.owner = "alpha";
  first.bag.set("scores", [1]);
  first.bag.set("round", 1);
  expect(first.bag.get("scores")).toEqual([1]);
  first.owner = "beta";
  first.bag.declare("scores", { version: 2 });
  first.bag.declare("round", { version: 2 });
  await first.prepare();
  first.commit();
  expect(first.bag.get("scores")).toEqual([1]);
  const second = begin(storage, {}, ["alpha", "beta"]);
  second.owner = "beta";
  const migrations = { 1: () => "wrong", 2: (old: unknown) => ({ old }) };
  second.bag.declare("scores", { version: 3, migrations });
  second.bag.declare("round", { version: 3, migrations });
  await second.prepare();
  second.commit();
  expect([second.bag.get("scores"), second.bag.get("round")]).toEqual([{ old: [1] }, { old: 1 }]);
});

test("7.7 data that was read at another version before it was declared is an error that says what to do", async () => {
  const host = await bagHost();
  await host.load({}, (bag) => bag.set("scores", 1));
  const next = begin(host.storage, {}, ["alpha", "beta"]);
  next.owner = "alpha";
  expect(next.bag.get("scores")).toBe(1);
  next.owner = "beta";
  expect(() => next.bag.declare("scores", { version: 2, migrations: { 1: (old: number) => [old] } })).toThrow(
    conflict(
      /"scores" was read by "alpha" at version 1, before "beta" declared version 2: let "alpha" depend on "beta"/,
    ) as Error,
  );
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
