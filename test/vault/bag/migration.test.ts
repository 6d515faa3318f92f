import { expect, test } from "bun:test";
import type { DataBag } from "../../../src/vault/bag/data-bag.ts";
import { registerLiveTypes } from "../../../src/vault/types/registry.ts";
import { expectSameValue } from "../codec/same-value.ts";
import { MemoryStore, memoryDisk } from "../store/memory-store.ts";
import { begin, bagHost } from "./bag-host.ts";

const failed = (message: string | RegExp): Error =>
  expect.objectContaining({
    code: "HOTSWAP_MIGRATION_FAILED",
    message: expect.stringMatching(message),
  }) as unknown as Error;

class First {
  name = "";
  hp = 0;
  friend: First | undefined = undefined;
}

class Second {
  static version = 2;
  static migrations = { 1: (old: { hp: number }): object => ({ ...old, health: old.hp * 10 }) };
  static downgrades = { 2: (now: { health: number }): object => ({ ...now, hp: now.health / 10 }) };
  name = "";
  health = 0;
  friend: unknown = undefined;
}

class Third {
  static version = 3;
  static migrations = {
    ...Second.migrations,
    2: (old: { name: string }): object => ({ ...old, label: old.name.toUpperCase() }),
  };
  label = "";
  health = 0;
  friend: unknown = undefined;
}

const bob = (hp: number): First => Object.assign(new First(), { name: "bob", hp });

test("7.5 an instance goes through every step to the newest version", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  const anna = Object.assign(bob(2), { friend: bob(3) });
  bag.set("players", [bob(1), anna]);
  const { bag: next } = await host.load({ Live_Player: Third });
  const healthy = (health: number, friend?: unknown): Third =>
    Object.assign(new Third(), { label: "BOB", health, friend });
  expectSameValue(next.get("players"), [healthy(10), healthy(20, healthy(30))]);
});

test("7.5 the set before goes on reading what it knows, until somebody writes the key", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  bag.set("bob", bob(1));
  bag.set("anna", bob(2));
  const { bag: next } = await host.load({ Live_Player: Third });
  expectSameValue(bag.get("bob"), bob(1));
  next.set("bob", next.get("bob"));
  expect(() => bag.get("bob")).toThrow(
    failed(/Live_Player in bob is stored at version 3, .* newer than the code's version 1/),
  );
  expectSameValue(bag.get("anna"), bob(2));
});

test("7.5 what the set before still writes is migrated when it is read", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  const { bag: next } = await host.load({ Live_Player: Second });
  bag.set("late", bob(1));
  expectSameValue(next.get("late"), Object.assign(new Second(), { name: "bob", health: 10 }));
  // The newer class knows the way down, so the older set can read on.
  expectSameValue(bag.get("late"), bob(1));
});

test("7.5 a step runs once for each value, so what it draws at random stays", async () => {
  class Live_Token {
    value = "";
  }
  class Drawn {
    static version = 2;
    static migrations = { 1: () => ({ value: crypto.randomUUID() }) };
    value = "";
  }
  const host = await bagHost();
  const { bag } = await host.load({ Live_Token });
  bag.set("token", new Live_Token());
  const { bag: next } = await host.load({ Live_Token: Drawn });
  bag.set("late", new Live_Token());
  for (const key of ["token", "late"]) expect(next.get(key)).toEqual(next.get(key));
});

test("7.5 a step that fails, fails the reload before the swap, and loses nothing", async () => {
  class Broken {
    static version = 2;
    static migrations = {
      1: () => {
        throw new Error("no such field");
      },
    };
    name = "";
  }
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  bag.set("fine", 1);
  bag.set("bob", bob(1));
  const before = bag.snapshot();
  await expect(host.load({ Live_Player: Broken })).rejects.toEqual(
    failed("Live_Player in bob: the step from version 1 to 2 failed: no such field"),
  );
  expect(bag.snapshot()).toEqual(before);
  expectSameValue(bag.get("bob"), bob(1));
});

test("7.5 a step that is missing, is asynchronous or returns no fields fails the reload", async () => {
  class Gap {
    name = "";
    static version = 3;
    static migrations = { 2: (old: object) => old };
  }
  class Asynchronous {
    name = "";
    static version = 2;
    static migrations = { 1: async (old: object) => old };
  }
  class Fieldless {
    name = "";
    static version = 2;
    static migrations = { 1: () => 5 };
  }
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  bag.set("bob", bob(1));
  const messages = new Map<typeof Gap | typeof Asynchronous | typeof Fieldless, RegExp>([
    [Gap, /Live_Player in bob is stored at version 1 and the code is at version 3, .* no step 1 \(from 1 to 2\)/],
    [Asynchronous, /the step from version 1 to 2 returned a promise/],
    [Fieldless, /the steps from version 1 to 2 returned 5 where the fields are expected/],
  ]);
  for (const [Type, message] of messages)
    await expect(host.load({ Live_Player: Type })).rejects.toEqual(failed(message));
  expectSameValue(bag.get("bob"), bob(1));
});

test("7.5 a data-bag key is migrated by what onInit declares, when it is read there or before the swap", async () => {
  const host = await bagHost();
  const { bag } = await host.load();
  bag.set("scores", [["bob", 1]]);
  bag.set("motd", "hello");
  const { bag: next } = await host.load({}, (fresh) => {
    fresh.declare("scores", { version: 2, migrations: { 1: (old: [string, number][]) => new Map(old) } });
    fresh.declare("motd", {
      version: 3,
      migrations: { 1: (old: string) => ({ text: old }), 2: (old: object) => ({ ...old, lang: "en" }) },
    });
    expectSameValue(fresh.get("scores"), new Map([["bob", 1]]));
  });
  expectSameValue(next.get("motd"), { text: "hello", lang: "en" });
  expectSameValue(bag.get("motd"), "hello");
});

test("7.5 what the live set wrote after the key was migrated is migrated again, at the swap", async () => {
  const { storage, load } = await bagHost();
  const { bag } = await load({ Live_Player: First });
  bag.set("bob", bob(1));
  bag.set("gone", bob(1));
  const next = begin(storage, { Live_Player: Second });
  await next.prepare();
  bag.set("bob", bob(5));
  bag.set("new", bob(6));
  bag.delete("gone");
  next.commit();
  expect([next.bag.get("bob"), next.bag.get("new")]).toMatchObject([{ health: 50 }, { health: 60 }]);
  expect(next.bag.has("gone")).toBe(false);
  expectSameValue(bag.get("bob"), bob(5));
});

test("7.5 going back to code that is older than the data is refused", async () => {
  const { storage, load } = await bagHost();
  const { bag } = await load({ Live_Player: Third });
  bag.set("bob", new Third());
  await expect(load({ Live_Player: Second })).rejects.toEqual(
    failed(
      /Live_Player in bob is stored at version 3, .* no downgrade from 3 to 2; load code of version 3 or later, or give .* downgrades\[3\]/,
    ),
  );

  const newer = begin(storage, { Live_Player: Third }, ["scores"]);
  newer.owner = "scores";
  newer.bag.declare("scores", { version: 2 });
  newer.bag.set("scores", 1);
  await newer.prepare();
  newer.commit();
  const older = begin(storage, { Live_Player: Third }, ["scores"]);
  older.owner = "scores";
  expect(() => older.bag.get("scores")).toThrow(
    failed(/"scores" is stored at version 2, .* newer than the code's version 1/),
  );
  await expect(older.prepare()).rejects.toEqual(
    failed(/"scores" is stored at version 2, and this set does not declare it, .* the code is older than the data/),
  );
});

test("7.5 what a plugin declared counts as long as the plugin is kept, and what the host declared always", async () => {
  const { storage } = await bagHost();
  const first = begin(storage, {}, ["alpha", "beta"]);
  const declared = { version: 2, merge: () => "merged" };
  first.bag.declare("host", declared);
  for (const plugin of ["alpha", "beta"]) {
    first.owner = plugin;
    first.bag.declare(plugin, declared);
  }
  for (const key of ["host", "alpha", "beta"]) first.bag.set(key, key);
  await first.prepare();
  first.commit();

  const second = begin(storage, {}, ["alpha", "beta"]);
  second.owner = "beta";
  expect(second.bag.get("alpha")).toBe("alpha");
  second.bag.declare("beta", { version: 3, migrations: { 2: (old: string) => old.toUpperCase() } });
  second.bag.set("host", "ours");
  first.bag.set("host", "theirs");
  await second.prepare();
  second.commit();
  first.retire();
  expect([...second.bag.entries()]).toEqual([
    ["host", "merged"],
    ["alpha", "alpha"],
    ["beta", "BETA"],
  ]);
  second.bag.set("alpha", "again");

  const third = begin(storage, {}, ["alpha", "beta"]);
  expect(await third.rehearse()).toEqual([]);
  third.abort();
});

test("7.5 going back works where the newer code has a step down", async () => {
  const host = await bagHost();
  await host.load({ Live_Player: Second }, (bag) => {
    bag.declare("scores", { version: 2, downgrades: { 2: (now: number) => [now] } });
    bag.set("scores", 1);
    bag.set("bob", Object.assign(new Second(), { name: "bob", health: 10 }));
  });
  const { bag } = await host.load({ Live_Player: First }, (older) => older.declare("scores", { version: 1 }));
  expectSameValue(bag.get("bob"), bob(1));
  expectSameValue(bag.get("scores"), [1]);
});

test("7.5 the data of a plugin that left the set waits for it to come back", async () => {
  const { storage } = await bagHost();
  const declare = (plugins: string[], version: number) => {
    const transaction = begin(storage, {}, plugins);
    if (plugins.includes("scores")) {
      transaction.owner = "scores";
      transaction.bag.declare("scores", { version, migrations: { 2: (old: number) => old + 1 } });
    }
    return transaction;
  };
  const first = declare(["lobby", "scores"], 2);
  first.bag.set("scores", 5);
  await first.prepare();
  first.commit();

  const without = declare(["lobby"], 2);
  await without.prepare();
  without.commit();
  expect(() => without.bag.get("scores")).toThrow(failed(/"scores" is stored at version 2/));

  const back = declare(["lobby", "scores"], 3);
  await back.prepare();
  back.commit();
  expect(back.bag.get("scores")).toBe(6);
});

test("7.6 a set reads its own writes as it wrote them, whatever the next one has migrated", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: First });
  bag.set("before", bob(1));
  const declare = (next: DataBag): void =>
    next.declare("scores", { version: 2, migrations: { 1: (old: number) => [old] } });
  const { bag: next } = await host.load({ Live_Player: Third }, declare);
  bag.set("bob", bob(2));
  bag.set("scores", 5);
  for (const key of ["before", "bob"]) expect(next.get(key)).toBeInstanceOf(Third);
  expect(next.get("scores")).toEqual([5]);
  expectSameValue([bag.get("before"), bag.get("bob")], [bob(1), bob(2)]);
  expect(bag.get("scores")).toBe(5);

  bag.set("scores", 6);
  expect(next.get("scores")).toEqual([6]);
  expect(bag.get("scores")).toBe(6);
  bag.set("scores", 7);
  const { bag: newest } = await host.load({ Live_Player: Third }, (third) =>
    third.declare("scores", {
      version: 3,
      migrations: { 1: (old: number) => [old], 2: (old: number[]) => new Set(old) },
    }),
  );
  expect([bag.get("scores"), next.get("scores"), newest.get("scores")]).toEqual([7, [7], new Set([7])]);
  bag.delete("bob");
  expect([bag.has("bob"), newest.has("bob")]).toEqual([false, false]);
});

test("7.6 an instance of a type that left the set stays as it is and hinders nothing; reading it names the plugin", async () => {
  class Pet {
    name = "rex";
  }
  class OldPet {
    static version = 2;
    static migrations = { 1: (old: object) => ({ ...old, legs: 4 }) };
    name = "";
    legs = 0;
  }
  const disk = memoryDisk();
  const open = () => bagHost({ store: new MemoryStore(disk), flushInterval: 60_000 });
  registerLiveTypes(new Map([["Live_Pet", Pet]]), { plugin: "zoo" });
  const host = await open();
  const { bag } = await host.load({ Live_Player: First, Live_Pet: Pet });
  bag.set("both", { owner: bob(1), pet: new Pet() });
  bag.set("list", [new Pet(), new Pet()]);
  bag.set("bob", bob(2));
  await host.storage.close();

  const missing = failed(/holds an instance of Live_Pet of the plugin "zoo", and no plugin of this set has/);
  for (let restart = 0; restart < 2; restart++) {
    const without = await open();
    const { bag: rest } = await without.load({ Live_Player: Third });
    expect(() => rest.get("both")).toThrow(missing);
    expect(() => rest.get("list")).toThrow(missing);
    expect(rest.get("bob")).toMatchObject({ health: 20 });
    if (restart === 1) {
      const back = await without.load({ Live_Player: Third, Live_Pet: OldPet });
      expect(back.bag.get("both")).toMatchObject({ owner: { health: 10 }, pet: { name: "rex", legs: 4 } });
      expect(back.bag.get("list")).toEqual(
        [
          { name: "rex", legs: 4 },
          { name: "rex", legs: 4 },
        ].map((pet) => Object.assign(new OldPet(), pet)),
      );
    }
    await without.storage.close();
  }
});

test("7.5 a rehearsal tells how every migration would go, and changes nothing", async () => {
  class Picky {
    static version = 2;
    static migrations = {
      1: (old: First): object => {
        if (old.hp < 0) throw new Error("negative");
        return old;
      },
    };
    name = "";
  }
  const { storage, load } = await bagHost();
  const { bag } = await load({ Live_Player: First });
  bag.set("bob", bob(1));
  bag.set("zombie", bob(-1));
  bag.set("other", 1);
  const before = bag.snapshot();
  const plan = begin(storage, { Live_Player: Picky });
  const outcomes = await plan.rehearse();
  plan.abort();
  expect(outcomes).toEqual([
    { key: "bob", error: undefined },
    { key: "zombie", error: failed("Live_Player in zombie: the step from version 1 to 2 failed: negative") as never },
  ]);
  expect(bag.snapshot()).toEqual(before);
});

test("7.5 only what is outdated is touched", async () => {
  let steps = 0;
  class Counted {
    static version = 2;
    static migrations = { 1: (old: object) => ((steps += 1), old) };
    name = "";
  }
  const { load } = await bagHost();
  const { bag } = await load({ Live_Player: First, Live_Other: Third });
  for (let index = 0; index < 2000; index++) bag.set(`other ${index}`, new Third());
  for (let index = 0; index < 700; index++) bag.set(`player ${index}`, bob(index));
  await load({ Live_Player: Counted, Live_Other: Third });
  expect(steps).toBe(700);
  await load({ Live_Player: Counted, Live_Other: Third });
  expect(steps).toBe(700);
});
