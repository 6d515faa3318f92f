import type * as Sqlite from "bun:sqlite";
import type { Database, Statement } from "bun:sqlite";
import { closeSync, openSync, realpathSync } from "node:fs";
import type { DataStore, StoreBatch, StoreRecord } from "./data-store.ts";
import {
  checkIntegrity,
  checksumOf,
  createSchema,
  explaining,
  explainingEach,
  explainingRecord,
  holdsStore,
  readRecords,
  storeFailed,
} from "./sqlite-file.ts";
import { nextTurn } from "../../turn.ts";

/** How much a store holds. */
export interface StoreSize {
  readonly records: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Bytes of the write-ahead log, which SQLite moves into the file from time to time. */
  readonly logBytes: number;
}

/** A store in one SQLite file. */
export interface SqliteStore extends DataStore {
  /** Path of the file as it was given. */
  readonly path: string;
  /** Throws `HOTSWAP_STORE_FAILED` when the store is not open. */
  size(): Promise<StoreSize>;
}

/**
 * A store in the SQLite file `path`, which is made when it is absent; its folder must exist. Beside it lie SQLite's
 * write-ahead log while it is open, and `<path>-lock`, an empty file by which a second owner, in this process or
 * another, is kept out. Reading the file meanwhile, as `hotswap vault <path>` does, is possible.
 *
 * A data bag and a job queue each need a store of their own.
 *
 * @throws HotswapError `HOTSWAP_STORE_FAILED` for what is not a path of a file.
 */
export function sqliteStore(path: string): SqliteStore {
  // For SQLite these mean a database without a file, which would be lost.
  if (path === "" || path === ":memory:")
    throw storeFailed(JSON.stringify(path), "cannot be opened: sqliteStore() needs the path of a file");
  return new FileStore(path);
}

/** How many records are written before other work gets its turn. */
const RECORDS_PER_TURN = 512;

interface OpenFile {
  readonly lock: Database;
  readonly database: Database;
  readonly put: Statement;
  readonly remove: Statement;
}

class FileStore implements SqliteStore {
  readonly path: string;
  #state: "new" | "opening" | "open" | "closed" = "new";
  #file: OpenFile | undefined;

  constructor(path: string) {
    this.path = path;
  }

  *load(): Generator<StoreRecord, void> {
    if (this.#state !== "new")
      throw storeFailed(this.path, "already has an owner; every data bag and job queue needs a store of its own");
    this.#state = "opening";
    const { database } = this.#open();
    this.#state = "open";
    yield* explainingEach(this.path, readRecords(database, this.path));
  }

  async write(batch: StoreBatch): Promise<void> {
    const { database, put, remove } = this.#opened();
    explaining(this.path, () => database.run("BEGIN IMMEDIATE"));
    try {
      let written = 0;
      for (const [key, text] of batch) {
        explainingRecord(this.path, key, () =>
          text === undefined ? remove.run(key) : put.run(key, text, checksumOf(key, text)),
        );
        if (++written % RECORDS_PER_TURN === 0) await nextTurn();
      }
      explaining(this.path, () => database.run("COMMIT"));
    } catch (error) {
      // Some errors, such as a full disk, make SQLite roll back by itself.
      if (database.inTransaction) explaining(this.path, () => database.run("ROLLBACK"));
      throw error;
    }
  }

  async size(): Promise<StoreSize> {
    const { database } = this.#opened();
    const count = explaining(this.path, () =>
      database.query<{ count: number }, []>("SELECT count(*) AS count FROM records").get(),
    );
    return { records: count?.count ?? 0, bytes: await sizeOf(this.path), logBytes: await sizeOf(`${this.path}-wal`) };
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#state = "closed";
    if (!file) return;
    explaining(this.path, () => {
      try {
        file.put.finalize();
        file.remove.finalize();
        file.database.close(true);
      } finally {
        file.lock.close();
      }
    });
  }

  #open(): OpenFile {
    holdsStore(this.path);
    const lock = this.#takeLock();
    let database: Database | undefined;
    try {
      // Only the owner of the lock may tell an empty file, which is to become a store, from one that somebody else is
      // just making one.
      const isStore = holdsStore(this.path);
      database = explaining(this.path, () => openPrivately(this.path));
      this.#file = prepareFile(this.path, lock, database, isStore);
      return this.#file;
    } catch (error) {
      database?.close();
      lock.close();
      throw error;
    }
  }

  /**
   * The lock is SQLite's own, on a file that is never deleted: whoever waits for a deleted file would wait for
   * nothing.
   */
  #takeLock(): Database {
    const path = `${resolved(this.path)}-lock`;
    return explaining(this.path, () => {
      const lock = openPrivately(path);
      try {
        lock.run("PRAGMA journal_mode = MEMORY");
        lock.run("BEGIN EXCLUSIVE");
        return lock;
      } catch (error) {
        lock.close();
        throw error;
      }
    });
  }

  #opened(): OpenFile {
    if (!this.#file) throw storeFailed(this.path, this.#state === "closed" ? "is closed" : "is not open");
    return this.#file;
  }
}

function prepareFile(path: string, lock: Database, database: Database, isStore: boolean): OpenFile {
  return explaining(path, () => {
    if (!isStore) createSchema(database);
    const mode = database.query<{ journal_mode: string }, []>("PRAGMA journal_mode = WAL").get();
    if (mode?.journal_mode !== "wal")
      throw storeFailed(path, "lies on a file system that has no shared memory, which SQLite's log needs");
    // With FULL every commit is on the disk when it returns; a loss of power costs nothing that was confirmed.
    database.run("PRAGMA synchronous = FULL");
    database.run("PRAGMA journal_size_limit = 67108864");
    checkIntegrity(database, path);
    // Fails now, not at the first flush, when the file may only be read.
    database.run("BEGIN IMMEDIATE");
    database.run("ROLLBACK");
    return {
      lock,
      database,
      put: database.prepare(
        "INSERT INTO records VALUES (?1, ?2, ?3) ON CONFLICT (key) DO UPDATE SET text = ?2, checksum = ?3",
      ),
      remove: database.prepare("DELETE FROM records WHERE key = ?1"),
    };
  });
}

/** The file is made for its owner alone, and SQLite gives its log the same mode. One that is there keeps its own. */
function openPrivately(path: string): Database {
  closeSync(openSync(path, "a", 0o600));
  // Most hosts have no store.
  const { Database: Opened } = require("bun:sqlite") as typeof Sqlite;
  return new Opened(path, { readwrite: true });
}

/** Two names of one file must lead to one lock. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Bun.file(path).stat()).size;
  } catch {
    return 0;
  }
}
