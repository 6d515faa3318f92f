import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { wrap } from "../../../src/vault/data/live-data.ts";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { bagHost } from "./bag-host.ts";
import { MemoryStore, memoryDisk, type MemoryDisk } from "../store/memory-store.ts";
import { expectSameValue } from "../codec/same-value.ts";
import { temporaryFolder } from "../store/temporary-folder.ts";

class Player {
  static version = 2;
  static migrations = { 1: (old: { hp: number }): object => ({ ...old, health: old.hp }) };
  name = "";
  health = 0;
}

class OldPlayer {
  name = "";
  hp = 7;
}

const onDisk = (disk: MemoryDisk) => bagHost({ store: new MemoryStore(disk), flushInterval: 60_000 });

test("7.4 everything survives a restart: primitives, objects, live types, versions, live data", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  const values = {
    number: -0,
    big: 5n,
    nothing: undefined,
    text: "\ud800",
    list: [1, [2]],
    bytes: Buffer.from("abc"),
    data: wrap([1]),
  };
  const first = await bagHost({ store: sqliteStore(path) });
  const { bag } = await first.load({ Live_Player: OldPlayer });
  for (const [key, value] of Object.entries(values)) bag.set(key, value);
  bag.set("player", new OldPlayer());
  bag.set("deleted", 1);
  bag.delete("deleted");
  const before = bag.snapshot();
  await first.storage.close();

  const second = await bagHost({ store: sqliteStore(path) });
  const { bag: again } = await second.load({ Live_Player: OldPlayer });
  expect(again.snapshot()).toEqual(before);
  const { data, ...copied } = values;
  for (const [key, value] of Object.entries(copied)) expectSameValue(again.get(key), value);
  expectSameValue((again.get("data") as typeof data).unwrap(), [1]);
  const { bag: newer } = await second.load({ Live_Player: Player });
  expectSameValue(newer.get("player"), Object.assign(new Player(), { health: 7 }));
  await second.storage.close();
});

test("7.5 data that is older than the code of the first load is migrated before anything sees it", async () => {
  const disk = memoryDisk();
  const first = await onDisk(disk);
  await first.load({ Live_Player: OldPlayer }, (bag) => {
    bag.declare("scores", { version: 2 });
    bag.set("scores", 1);
    bag.set("player", new OldPlayer());
  });
  await first.storage.close();

  const second = await onDisk(disk);
  const { bag } = await second.load({ Live_Player: Player }, (fresh) =>
    fresh.declare("scores", { version: 3, migrations: { 2: (old: number) => [old] } }),
  );
  await bag.flush();
  expect(disk.texts.get("player")).toStartWith(`{"types":[["Live_Player",2]]}`);
  expect(disk.texts.get("scores")).toStartWith(`{"version":3}`);
  expect(bag.get("scores")).toEqual([1]);
  await second.storage.close();

  const older = await onDisk(disk);
  await expect(older.load({ Live_Player: OldPlayer })).rejects.toMatchObject({
    code: "HOTSWAP_MIGRATION_FAILED",
    message: expect.stringContaining("older than the data"),
  });
  await older.storage.close();
});

test("7.4 what a reload writes reaches the store in one batch, and nothing of it before the swap", async () => {
  const disk = memoryDisk();
  const host = await onDisk(disk);
  await host.load();
  await host.load({}, (bag) => {
    bag.set("a", 1);
    void bag.flush();
    bag.set("b", 1);
  });
  expect(disk.batches).toEqual([]);
  await host.storage.flush();
  expect(disk.batches).toEqual([["a", "b"]]);
  await expect(host.load({}, (bag) => (bag.set("c", 1), fail()))).rejects.toThrow("no");
  await host.storage.close();
  expect([...disk.texts.keys()]).toEqual(["a", "b"]);
});

function fail(): never {
  throw new Error("no");
}

test("7.4 many writes of a key are one, and a flush with nothing to write writes nothing", async () => {
  const disk = memoryDisk();
  const host = await onDisk(disk);
  const { bag } = await host.load();
  for (let count = 0; count < 100; count++) bag.set("count", count);
  await Promise.all([bag.flush(), bag.flush()]);
  await bag.flush();
  expect(disk.batches).toEqual([["count"]]);
  await host.storage.close();
});

test("7.4 a flush that fails keeps what it had, and what was written since wins", async () => {
  const disk = memoryDisk();
  const host = await onDisk(disk);
  const { bag } = await host.load();
  bag.set("a", 1);
  bag.set("b", 1);
  disk.full = true;
  const failing = bag.flush();
  bag.set("b", 2);
  await expect(failing).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  await expect(bag.flush()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  disk.full = false;
  await bag.flush();
  expect(disk.batches).toEqual([["a", "b"]]);
  expect(disk.texts.get("b")).toBe("\n2");
  await host.storage.close();
});

/** A disk, and the next batch that was tried on it. */
function watchedDisk() {
  const disk = memoryDisk();
  let tried = Promise.withResolvers<void>();
  class WatchedStore extends MemoryStore {
    override async write(batch: Iterable<readonly [string, string | undefined]>): Promise<void> {
      try {
        await super.write(batch);
      } finally {
        tried.resolve();
      }
    }
  }
  return {
    disk,
    store: new WatchedStore(disk),
    async nextWrite(): Promise<void> {
      tried = Promise.withResolvers();
      await tried.promise;
    },
  };
}

test("7.4 what nobody flushes is flushed by itself, again and again while it fails", async () => {
  const { disk, store, nextWrite } = watchedDisk();
  const host = await bagHost({ store, flushInterval: 1 });
  const { bag } = await host.load();
  disk.full = true;
  bag.set("a", 1);
  await nextWrite();
  await nextWrite();
  disk.full = false;
  await nextWrite();
  expect(disk.batches).toEqual([["a"]]);
  expect(host.logger.lines[0]).toBe("error: the data bag could not be flushed, trying again in 1 ms: the disk is full");
  await host.storage.close();
});

test("7.4 what a plugin wrote is flushed, also when the plugin is gone by then", async () => {
  const { disk, store, nextWrite } = watchedDisk();
  const host = await bagHost({ store, flushInterval: 1 });
  const { bag } = await host.load();
  const graph = new Bun.ModuleGraph();
  graph.run(() => bag.set("a", 1));
  graph.dispose();
  await nextWrite();
  expect(disk.batches).toEqual([["a"]]);

  const other = new Bun.ModuleGraph();
  other.run(() => {
    bag.set("b", 1);
    void bag.flush();
  });
  other.dispose();
  bag.set("c", 1);
  await bag.flush();
  expect(disk.batches.flat()).toEqual(["a", "b", "c"]);
  await host.storage.close();
});

test("7.4 a record that is none of ours is one clear error, and the store is let go", async () => {
  const disk = memoryDisk();
  for (const text of ["no newline", "\n{not json", "[]x\n1", "\n[[-99]]"]) {
    disk.texts.clear();
    disk.texts.set("broken", text);
    const open = async (): Promise<unknown> => {
      const host = await onDisk(disk);
      try {
        const { bag } = await host.load();
        return bag.get("broken");
      } finally {
        await host.storage.close();
      }
    };
    await expect(open()).rejects.toMatchObject({
      code: "HOTSWAP_STORE_FAILED",
      message: expect.stringContaining(`"broken" is damaged`),
    });
    expect(disk.owner).toBeUndefined();
  }
});

test("3.15 after close() the bag refuses further use, and everything is in the store", async () => {
  const disk = memoryDisk();
  const host = await onDisk(disk);
  const { bag } = await host.load();
  bag.set("a", 1);
  await host.storage.close();
  await host.storage.close();
  expect([...disk.texts]).toEqual([["a", "\n1"]]);
  expect(() => bag.get("a")).toThrow(expect.objectContaining({ code: "HOTSWAP_CLOSED" }));
  expect(() => host.storage.begin(new Map())).toThrow(expect.objectContaining({ code: "HOTSWAP_CLOSED" }));
});

test("3.15 closing with a full disk says so, and lets the store go", async () => {
  const disk = memoryDisk();
  const host = await onDisk(disk);
  const { bag } = await host.load();
  bag.set("a", 1);
  disk.full = true;
  await expect(host.storage.close()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  expect(disk.owner).toBeUndefined();
});

test("7.4 while another program holds the file, flushing fails with a code; afterwards everything is stored", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  const host = await bagHost({ store: sqliteStore(path), flushInterval: 60_000 });
  const { bag } = await host.load();
  bag.set("a", 1);
  await bag.flush();
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  bag.set("b", 2);
  await expect(bag.flush()).rejects.toMatchObject({
    code: "HOTSWAP_STORE_FAILED",
    message: expect.stringContaining("is in use by another process"),
  });
  other.run("ROLLBACK");
  other.close();
  await bag.flush();
  await host.storage.close();
  const again = await bagHost({ store: sqliteStore(path) });
  expect(Object.fromEntries((await again.load()).bag.entries())).toEqual({ a: 1, b: 2 });
  await again.storage.close();
});
