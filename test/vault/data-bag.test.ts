import { expect, test } from "bun:test";
import { BagStorage } from "../../src/vault/bag/storage.ts";
import type { LiveType } from "../../src/vault/live-type.ts";
import { recordingLogger } from "./recording-logger.ts";

class Live_Player {
  name = "";
  level = 1;
  friends: Live_Player[] = [];
}

const types = (...classes: LiveType[]): Map<string, LiveType> => new Map(classes.map((type) => [type.name, type]));

async function openedBag(...classes: LiveType[]) {
  const storage = await BagStorage.open({ logger: recordingLogger() });
  const transaction = storage.begin(types(...classes));
  await transaction.prepare();
  transaction.commit();
  return { storage, bag: transaction.bag, transaction };
}

test("7.3 values go in and come out as copies", async () => {
  const { bag } = await openedBag();
  const players = new Map([["bob", { hp: 3 }]]);
  bag.set("players", players);
  players.set("bob", { hp: 0 });
  const first = bag.get("players") as typeof players;
  expect(first).toEqual(new Map([["bob", { hp: 3 }]]));
  first.clear();
  expect(bag.get("players")).toEqual(new Map([["bob", { hp: 3 }]]));
});

test("7.3 an instance of a live type comes back as the newest version of its class", async () => {
  const { storage, bag } = await openedBag(Live_Player);
  const bob = new Live_Player();
  bob.name = "bob";
  bob.friends.push(bob);
  bag.set("bob", bob);

  class Newer {
    name = "";
    friends: unknown[] = [];
    mana = 7;
  }
  const next = storage.begin(new Map([["Live_Player", Newer]]));
  const seen = next.bag.get("bob") as Newer;
  expect(seen).toBeInstanceOf(Newer);
  expect(seen.name).toBe("bob");
  expect(seen.mana).toBe(7);
  expect("level" in seen).toBe(false);
  expect(seen.friends[0]).toBe(seen);
  expect(bag.get("bob")).toBeInstanceOf(Live_Player);
});

test("7.3 what a failed reload wrote vanishes, and the live set never saw it", async () => {
  const { storage, bag } = await openedBag();
  bag.set("round", 1);
  const next = storage.begin(new Map());
  next.bag.set("round", 2);
  next.bag.set("extra", [1]);
  expect(bag.get("round")).toBe(1);
  expect(next.bag.get("round")).toBe(2);
  expect([...next.bag.keys()]).toEqual(["round", "extra"]);
  next.abort();
  expect([...bag.entries()]).toEqual([["round", 1]]);
  expect(() => next.bag.get("round")).toThrow("reload that failed");
});
