import type { Database } from "bun:sqlite";
import { RegularFile } from "../../regular-file.ts";
import { HotswapError, describeError } from "../../errors.ts";
import { RecordRefused, type StoreRecord } from "./data-store.ts";

/** What tells our files from those of other programs, in SQLite's `application_id`: "hswp". */
const APPLICATION_ID = 0x68_73_77_70;
/** Version of the table below, in SQLite's `user_version`. */
const FORMAT_VERSION = 1;

/** Lengths and places in the header of an SQLite file. */
const header = { length: 100, magic: "SQLite format 3\0", userVersion: 60, applicationId: 68 } as const;

/**
 * Whether there is a store in the file: `false` when it is absent or empty. Reads the header only, so a file of another
 * program is not touched in any way. Throws `HOTSWAP_STORE_FAILED` when the file is something else.
 */
export function holdsStore(path: string): boolean {
  let bytes: Uint8Array;
  try {
    using file = new RegularFile(path);
    bytes = file.beginning(header.length);
  } catch (error) {
    if (error instanceof HotswapError) throw storeFailed(path, error.message.slice(path.length + 1), error);
    if (isMissing(error)) return false;
    throw storeFailed(path, `cannot be read: ${describeError(error)}`, error);
  }
  if (bytes.length === 0) return false;
  if (bytes.length < header.length || !new TextDecoder().decode(bytes).startsWith(header.magic)) {
    throw storeFailed(path, "is not a store of hotswap; it was left as it is");
  }
  const numbers = new DataView(bytes.buffer, bytes.byteOffset);
  if (numbers.getUint32(header.applicationId) !== APPLICATION_ID) {
    throw storeFailed(path, "is a database of another program; it was left as it is");
  }
  const version = numbers.getUint32(header.userVersion);
  if (version > FORMAT_VERSION) {
    throw storeFailed(
      path,
      `has format ${version}, and this hotswap reads format ${FORMAT_VERSION}: it was written by a newer one`,
    );
  }
  return true;
}

/** Makes an empty database a store, in one step: a process that is killed meanwhile leaves it empty. */
export function createSchema(database: Database): void {
  database.transaction(() => {
    database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
    database.run(`PRAGMA user_version = ${FORMAT_VERSION}`);
    database.run("CREATE TABLE records (key TEXT PRIMARY KEY, text TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT");
  })();
}

/** SQLite's checks find torn pages, not a byte that changed within a text. */
export function checksumOf(key: string, text: string): number {
  return Bun.hash.crc32(`${key}\n${text}`);
}

/** Every record of the store, or the one of `key`. Throws `HOTSWAP_STORE_FAILED` when one is damaged. */
export function* readRecords(database: Database, path: string, key?: string): Generator<StoreRecord, void> {
  const where = key === undefined ? "" : " WHERE key = ?1";
  const statement = database.prepare<StoreRecord & { checksum: number }, string[]>(
    `SELECT key, text, checksum FROM records${where}`,
  );
  try {
    for (const record of statement.iterate(...(key === undefined ? [] : [key]))) {
      if (record.checksum !== checksumOf(record.key, record.text)) {
        throw storeFailed(path, `is damaged: the record ${JSON.stringify(record.key)} does not have its checksum`);
      }
      yield { key: record.key, text: record.text };
    }
  } finally {
    statement.finalize();
  }
}

/** Throws `HOTSWAP_STORE_FAILED` when SQLite finds the file damaged. */
export function checkIntegrity(database: Database, path: string): void {
  const [first] = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").all();
  if (first?.quick_check !== "ok")
    throw storeFailed(path, `is damaged: ${first?.quick_check ?? "SQLite cannot check it"}`);
}

/** Runs `work`, turning what SQLite throws into one clear `HOTSWAP_STORE_FAILED`. */
export function explaining<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof HotswapError ? error : storeFailed(path, reasonOf(error), error);
  }
}

/** The same for what a generator does between its values. */
export function* explainingEach<T>(path: string, values: Generator<T, void>): Generator<T, void> {
  try {
    for (let next = explaining(path, () => values.next()); !next.done; next = explaining(path, () => values.next()))
      yield next.value;
  } finally {
    values.return();
  }
}

/** The same for writing one record. Throws {@link RecordRefused} when SQLite has no room for a value of that length. */
export function explainingRecord<T>(path: string, key: string, work: () => T): T {
  try {
    return explaining(path, work);
  } catch (error) {
    const cause: unknown = error instanceof HotswapError ? error.cause : error;
    const isTooBig = cause instanceof RangeError || codeOf(cause) === "SQLITE_TOOBIG";
    throw isTooBig ? new RecordRefused(key, describeError(cause), cause) : error;
  }
}

export function storeFailed(path: string, reason: string, cause?: unknown): HotswapError {
  return new HotswapError("HOTSWAP_STORE_FAILED", `the store ${path} ${reason}`, { cause });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return "is in use by another process or owner";
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return `is damaged: ${describeError(error)}`;
  if (/^(SQLITE_FULL|ENOSPC)/.test(code)) return "could not be written: the disk is full";
  if (/^(SQLITE_(READONLY|CANTOPEN|PERM)|E(ACCES|PERM|ROFS|NOENT|NOTDIR|ISDIR|LOOP|NAMETOOLONG)$)/.test(code))
    return `cannot be written: ${describeError(error)}; check the folder and its permissions`;
  return `failed: ${describeError(error)}${code === "" ? "" : ` (${code})`}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
