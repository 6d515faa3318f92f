import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmod, readFile, stat, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { MemoryStore, memoryDisk } from "./memory-store.ts";
import { testStoreContract } from "./store-contract.ts";
import { temporaryFolder } from "./temporary-folder.ts";

testStoreContract("in memory", async () => {
  const disk = memoryDisk();
  return { store: () => new MemoryStore(disk), [Symbol.asyncDispose]: async () => {} };
});

testStoreContract("in an SQLite file", async () => {
  const folder = await temporaryFolder();
  return {
    store: () => sqliteStore(join(folder.path, "bag.db")),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
});

async function load(path: string): Promise<unknown> {
  const store = sqliteStore(path);
  try {
    return await Array.fromAsync(store.load());
  } finally {
    await store.close();
  }
}

const failure = (message: RegExp): unknown =>
  expect.objectContaining({ code: "HOTSWAP_STORE_FAILED", message: expect.stringMatching(message) });

async function write(path: string, texts: Record<string, string>): Promise<void> {
  const store = sqliteStore(path);
  await Array.fromAsync(store.load());
  await store.write(Object.entries(texts));
  await store.close();
}

test("7.4 a file of another kind is refused and left as it is", async () => {
  await using folder = await temporaryFolder();
  const text = join(folder.path, "notes.txt");
  await Bun.write(text, "not a database\n".repeat(50));
  await expect(load(text)).rejects.toEqual(failure(/notes\.txt is not a store of hotswap/));

  const foreign = join(folder.path, "foreign.db");
  const database = new Database(foreign);
  database.run("CREATE TABLE records (key TEXT PRIMARY KEY, text TEXT)");
  database.close();
  const before = await readFile(foreign);
  await expect(load(foreign)).rejects.toEqual(failure(/foreign\.db is a database of another program/));
  expect(await readFile(foreign)).toEqual(before);
  expect(await folder.files()).toEqual(["foreign.db", "notes.txt"]);
});

test("7.4 a file of a newer format is refused", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  await write(path, { a: "1" });
  const database = new Database(path);
  database.run("PRAGMA user_version = 2");
  database.close();
  await expect(load(path)).rejects.toEqual(failure(/format 2, and this hotswap reads format 1/));
});

test("7.4 a damaged file is refused and left as it is: bytes overwritten, cut off, or one letter changed", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  const texts = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`key ${index}`, `text ${index} `.repeat(20)]),
  );
  const damages: Record<string, (file: string) => Promise<void>> = {
    overwritten: async (file) => {
      const bytes = await readFile(file);
      await Bun.write(file, bytes.fill(0x5a, 8192, 8192 + 4096));
    },
    cut: (file) => truncate(file, 20_000),
    letter: async (file) => {
      const bytes = await readFile(file);
      bytes[bytes.indexOf("text 250")] = "T".charCodeAt(0);
      await Bun.write(file, bytes);
    },
  };
  for (const [kind, damage] of Object.entries(damages)) {
    await write(path, texts);
    const file = join(folder.path, `${kind}.db`);
    await Bun.write(file, Bun.file(path));
    await damage(file);
    const before = await readFile(file);
    await expect(load(file)).rejects.toEqual(failure(/\.db is damaged/));
    expect(await readFile(file)).toEqual(before);
  }
});

test("7.4 a folder that is not there is one clear error", async () => {
  await using folder = await temporaryFolder();
  await expect(load(join(folder.path, "missing", "bag.db"))).rejects.toEqual(
    failure(/cannot be written: .*check the folder/),
  );
});

test("7.4 what is no path of a file is refused", async () => {
  await using folder = await temporaryFolder();
  for (const path of ["", ":memory:"])
    expect(() => sqliteStore(path)).toThrow(failure(/needs the path of a file/) as Error);
  await expect(load(folder.path)).rejects.toEqual(failure(/is a folder, and only regular files are read/));
  // Nobody writes into it, and whoever opened it would wait.
  const pipe = join(folder.path, "pipe.db");
  Bun.spawnSync(["mkfifo", pipe]);
  await expect(load(pipe)).rejects.toEqual(failure(/is a named pipe, and only regular files are read/));
});

test("7.4 two names of one file are one store", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  await write(path, { a: "1" });
  await symlink(path, join(folder.path, "other.db"));
  const store = sqliteStore(path);
  await Array.fromAsync(store.load());
  await expect(load(join(folder.path, "other.db"))).rejects.toEqual(failure(/is in use/));
  await store.close();
});

test("7.4 the size report counts records and bytes", async () => {
  await using folder = await temporaryFolder();
  const store = sqliteStore(join(folder.path, "bag.db"));
  await expect(store.size()).rejects.toEqual(failure(/is not open/));
  await Array.fromAsync(store.load());
  await store.write([["a", "x".repeat(100_000)]]);
  const size = await store.size();
  expect(size.records).toBe(1);
  expect(size.bytes + size.logBytes).toBeGreaterThan(100_000);
  await store.close();
  expect(await folder.files()).toEqual(["bag.db", "bag.db-lock"]);
});

test("7.4 an empty file becomes a store", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "bag.db");
  await Bun.write(path, "");
  await write(path, { a: "1" });
  expect(await load(path)).toEqual([{ key: "a", text: "1" }]);
});

test("7.4 a store, its log and its lock are for their owner alone, and a file that was there keeps its mode", async () => {
  await using folder = await temporaryFolder();
  const umask = process.umask(0);
  try {
    const store = sqliteStore(join(folder.path, "bag.db"));
    await Array.fromAsync(store.load());
    await store.write([["key", "1"]]);
    const modes = async () =>
      Object.fromEntries(
        await Promise.all(
          (await folder.files()).map(async (name) => [name, (await stat(join(folder.path, name))).mode & 0o777]),
        ),
      );
    expect(await modes()).toEqual({ "bag.db": 0o600, "bag.db-lock": 0o600, "bag.db-shm": 0o600, "bag.db-wal": 0o600 });
    await store.close();
    await chmod(join(folder.path, "bag.db"), 0o640);
    await load(join(folder.path, "bag.db"));
    expect(await modes()).toMatchObject({ "bag.db": 0o640 });
  } finally {
    process.umask(umask);
  }
});
