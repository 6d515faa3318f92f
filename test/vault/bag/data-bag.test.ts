import { expect, test } from "bun:test";
import { bagHost } from "./bag-host.ts";
import { wrap } from "../../../src/vault/data/live-data.ts";
import { expectSameValue } from "../codec/same-value.ts";

class Player {
  name = "";
  level = 1;
  friends: Player[] = [];
}

class NewerPlayer {
  name = "";
  friends: unknown[] = [];
  mana = 7;
}

const refused = (message: string): unknown => expect.objectContaining({ code: "HOTSWAP_NOT_SERIALIZABLE", message });

test("7.3 values go in and come out as copies", async () => {
  const { bag } = await (await bagHost()).load();
  const players = new Map([["bob", { hp: 3 }]]);
  bag.set("players", players);
  players.set("bob", { hp: 0 });
  const first = bag.get("players") as typeof players;
  expectSameValue(first, new Map([["bob", { hp: 3 }]]));
  first.clear();
  expectSameValue(bag.get("players"), new Map([["bob", { hp: 3 }]]));
});

test("7.3 the bag reads like a Map", async () => {
  const { bag } = await (await bagHost()).load();
  bag.set("a", 1);
  bag.set("b", undefined);
  bag.set("c", [2]);
  expect([bag.size, bag.has("b"), bag.get("b"), bag.has("x"), bag.get("x")]).toEqual([
    3,
    true,
    undefined,
    false,
    undefined,
  ]);
  expect([bag.delete("c"), bag.delete("c"), bag.size]).toEqual([true, false, 2]);
  expect([...bag.keys()]).toEqual(["a", "b"]);
  expect([...bag.entries()]).toEqual([
    ["a", 1],
    ["b", undefined],
  ]);
  expect(bag.update("a", (value) => (value as number) + 1, 0)).toBe(2);
  expect(bag.update("n", (value) => (value as number) + 1, 10)).toBe(11);
  expect([bag.get("a"), bag.get("n")]).toEqual([2, 11]);
});

test("7.3 the snapshot is JSON and shares nothing with the bag", async () => {
  const { bag } = await (await bagHost()).load();
  bag.set("plain", { list: [1, "x"] });
  bag.set("number", Number.NaN);
  bag.set("bytes", Buffer.from("abc"));
  const snapshot = bag.snapshot();
  expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
  expect(Object.keys(snapshot)).toEqual(["plain", "number", "bytes"]);
  for (const rows of Object.values(snapshot)) (rows as unknown[]).length = 0;
  expectSameValue(bag.get("plain"), { list: [1, "x"] });
});

test("7.3 a value that cannot be stored is refused with its path, and the key keeps what it held", async () => {
  const { bag } = await (await bagHost()).load();
  bag.set("players", [1]);
  const players = [0, 1, 2, { socket: () => 0 }];
  expect(() => bag.set("players", players)).toThrow(refused("players[3].socket: a function cannot be stored") as Error);
  expect(() => bag.update("players", async () => [], 0)).toThrow(
    refused("players: a Promise cannot be stored") as Error,
  );
  expect(bag.get("players")).toEqual([1]);
});

test("7.3 keys are well-formed strings", async () => {
  const { bag } = await (await bagHost()).load();
  for (const key of ["\ud800", 5 as unknown as string]) {
    expect(() => bag.set(key, 1)).toThrow(expect.objectContaining({ code: "HOTSWAP_NOT_SERIALIZABLE" }));
  }
  bag.set("__proto__", 1);
  bag.set("", 2);
  expect([...bag.entries()]).toEqual([
    ["__proto__", 1],
    ["", 2],
  ]);
  expect(Object.keys(bag.snapshot())).toEqual(["__proto__", ""]);
});

test("7.3 an instance of a live type comes back as the reader's version of its class", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: Player });
  const bob = Object.assign(new Player(), { name: "bob" });
  bob.friends.push(bob);
  bag.set("bob", bob);
  expectSameValue(bag.get("bob"), bob);

  const next = await host.load({ Live_Player: NewerPlayer });
  const seen = next.bag.get("bob") as NewerPlayer;
  expect(seen).toBeInstanceOf(NewerPlayer);
  expect({ ...seen, friends: [] }).toEqual({ name: "bob", mana: 7, friends: [] });
  expect(seen.friends[0]).toBe(seen);
  expect(bag.get("bob")).toBeInstanceOf(Player);
});

test("7.3 an instance that the host kept from an earlier set can still be stored", async () => {
  const host = await bagHost();
  await host.load({ Live_Player: Player });
  const { bag } = await host.load({ Live_Player: NewerPlayer });
  bag.set("bob", Object.assign(new Player(), { name: "bob" }));
  expect(bag.get("bob")).toEqual(Object.assign(new NewerPlayer(), { name: "bob" }));
});

test("7.3 a live type that cannot be read back is refused when it is written", async () => {
  class Live_Strict {
    name: string;
    constructor(options: { name: string }) {
      this.name = options.name;
    }
  }
  class Live_Loose {
    name = "";
  }
  class Live_List extends Array<number> {}
  class Live_Sub extends Live_Loose {
    extra = 1;
  }
  const { bag } = await (await bagHost()).load({ Live_Strict, Live_Loose, Live_List });
  expect(() => bag.set("a", new Live_Strict({ name: "x" }))).toThrow(
    /^a: new Live_Strict\(\) failed: .*constructible without arguments/,
  );
  expect(() => bag.set("a", [Object.assign(new Live_Loose(), { late: 1 })])).toThrow(
    /^a\[0\]\.late: Live_Loose has no field of this name/,
  );
  expect(() => bag.set("a", new Live_List())).toThrow(/^a: Live_List extends a built-in class/);
  expect(() => bag.set("a", new Live_Sub())).toThrow(
    "a: an instance of Live_Sub, which is not a live type, cannot be stored",
  );
  const other = await bagHost();
  const without = await other.load();
  expect(() => without.bag.set("a", new Live_Loose())).toThrow("a: Live_Loose is not a live type of this set");
});

test("7.3 a live type with private fields is refused when it is stored, naming the field and its class", async () => {
  class Base {
    #id = 1;
    id(): number {
      return this.#id;
    }
  }
  class Live_Own {
    #gold = 0;
    "#gold" = 1;
    earn(): number {
      return ++this.#gold;
    }
  }
  class Live_Sub extends Base {
    name = "";
  }
  class Live_Kept {
    static #made = 0;
    "#gold" = 1;
    color = "#gold, {#gold:0, #made:1}";
    #count(): number {
      return ++Live_Kept.#made;
    }
    get #doubled(): number {
      return 2 * this.#count();
    }
    count(): number {
      return this.#doubled;
    }
  }
  const { bag } = await (await bagHost()).load({ Live_Own, Live_Sub, Live_Kept });
  const privately = (message: string): Error =>
    expect.objectContaining({ code: "HOTSWAP_NOT_SERIALIZABLE", message: expect.stringContaining(message) }) as never;
  expect(() => bag.set("a", [new Live_Own()])).toThrow(privately("a[0]: Live_Own has the private field #gold"));
  expect(() => wrap({ deep: new Live_Sub() })).toThrow(
    privately("value.deep: Live_Sub has the private field #id, of Base,"),
  );
  const kept = new Live_Kept();
  kept.count();
  bag.set("a", kept);
  expectSameValue(bag.get("a"), kept);
});

test("7.3 a live type whose instances cannot be filled again, or that extends a built-in class, is refused", async () => {
  class Live_Frozen {
    x = 1;
    constructor() {
      Object.freeze(this);
    }
  }
  class Live_Target extends EventTarget {
    x = 1;
  }
  class Live_Closed {
    x = 1;
  }
  class Live_Watched {
    declare x: number;
    constructor() {
      let content = 1;
      Object.defineProperty(this, "x", {
        enumerable: true,
        configurable: true,
        get: () => content,
        set(value: number) {
          content = value;
        },
      });
    }
  }
  const { bag } = await (await bagHost()).load({ Live_Frozen, Live_Target, Live_Closed, Live_Watched });
  expect(() => bag.set("a", new Live_Frozen())).toThrow("a: Live_Frozen closes its own instances");
  expect(() => bag.set("a", new Live_Target())).toThrow("a: Live_Target extends the built-in class EventTarget");
  const closed = Object.freeze(Object.assign(new Live_Closed(), { x: 5 }));
  bag.set("a", { closed });
  expectSameValue(bag.get("a"), { closed });
  bag.set("b", Object.assign(new Live_Watched(), { x: 7 }));
  expect((bag.get("b") as Live_Watched).x).toBe(7);
});

test("7.3 a value above maxValueSize is refused at once, and the key keeps what it held", async () => {
  const { bag } = await (await bagHost({ maxValueSize: 1000 })).load();
  const tooLarge = (path: string): Error =>
    expect.objectContaining({
      code: "HOTSWAP_TOO_LARGE",
      message: expect.stringMatching(new RegExp(`^${path}: the value takes more than 1000 bytes`)),
    }) as never;
  bag.set("a", new Uint8Array(500));
  const large: unknown[] = [
    "x".repeat(1001),
    { text: "x".repeat(1001) },
    new Uint8Array(1001),
    Buffer.alloc(1001),
    Array.from({ length: 200 }, (_, index) => index),
    Array.from({ length: 200 }, () => ({})),
    new Map([["x".repeat(999), 1]]),
    { ["x".repeat(1000)]: 1 },
    wrap(new Uint8Array(1001)),
    new URL(`https://a.b/${"x".repeat(1000)}`),
  ];
  for (const value of large) expect(() => bag.set("a", value)).toThrow(tooLarge("a"));
  expect(() => bag.update("a", () => large, [])).toThrow(tooLarge("a"));
  expect(bag.get("a")).toHaveLength(500);
  expect(() => bag.set("huge", new Uint8Array(2 ** 31))).toThrow(tooLarge("huge"));
  const unset = (await (await bagHost()).load()).bag;
  unset.set("fits", Buffer.alloc(60 * 2 ** 20));
  expect(() => unset.set("b", Buffer.alloc(65 * 2 ** 20))).toThrow("b: the value takes more than 64 MB (maxValueSize)");
});

test("7.3 reading an instance whose live type is gone is a clear error, said before the swap", async () => {
  const host = await bagHost();
  const { bag } = await host.load({ Live_Player: Player });
  bag.set("bob", new Player());
  const next = await host.load({ Live_Playor: NewerPlayer });
  expect(host.logger.lines).toEqual([
    expect.stringContaining("warn: 1 key of the data bag holds instances of Live_Player, which no plugin"),
  ]);
  expect(() => next.bag.get("bob")).toThrow(
    /instance of Live_Player, and no plugin .* \(did you mean "Live_Playor"\?\)/,
  );
});
