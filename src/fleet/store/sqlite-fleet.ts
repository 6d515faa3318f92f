import { Database, SQLiteError } from "bun:sqlite";
import { type FSWatcher, readFileSync, watch, writeFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { describeError, HotswapError } from "../../errors.ts";
import {
  type Address,
  type Beat,
  type BeatAnswer,
  type Change,
  type Doc,
  type FleetStore,
  type HintListener,
  type LeaseRow,
  type Leases,
  SCHEMA_VERSION,
  type Snapshot,
} from "./fleet-store.ts";
import { lasting, newerSchema, storeFailed } from "./store-error.ts";

/** What tells our files from those of other programs, in SQLite's `application_id`: "hsfl". */
const APPLICATION_ID = 0x68_73_66_6c;

/**
 * In ms: how long a transaction is tried while others write. It does not wait inside SQLite, because that would block
 * the host's event loop.
 */
const PATIENCE = 10_000;

const TABLES = [
  "CREATE TABLE docs (fleet TEXT, collection TEXT, key TEXT, version INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (fleet, collection, key)) STRICT, WITHOUT ROWID",
  "CREATE TABLE members (fleet TEXT, id TEXT, incarnation TEXT NOT NULL, expires INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (fleet, id)) STRICT, WITHOUT ROWID",
  "CREATE TABLE artifacts (fleet TEXT, hash TEXT, bytes BLOB NOT NULL, PRIMARY KEY (fleet, hash)) STRICT",
];

/**
 * A store in the SQLite file `path`, for a fleet whose members are processes of one machine. The file is made when it is
 * absent; its folder must exist, on a local disk. What was decided is on disk before anybody acts on it.
 */
export function sqliteFleet(path: string): FleetStore {
  if (path === "" || path === ":memory:") {
    throw storeFailed(JSON.stringify(path), "cannot be opened: sqliteFleet() needs the path of a file");
  }
  return new SqliteFleet(resolve(path));
}

class SqliteFleet implements FleetStore {
  readonly name: string;
  #database: Database | undefined;
  #opening: Promise<void> | undefined;

  constructor(path: string) {
    this.name = path;
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async read(fleet: string, addresses: readonly Address[]): Promise<Snapshot> {
    return this.#trying(() => {
      const database = this.#opened();
      // One transaction, so that all documents are of one moment.
      return database.transaction(() => ({
        now: Date.now(),
        docs: addresses.map((at) => find(database, fleet, at)),
      }))();
    });
  }

  async list(fleet: string, collection: string): Promise<readonly Doc[]> {
    const query = "SELECT collection, key, version, text FROM docs WHERE fleet = ?1 AND collection = ?2 ORDER BY key";
    return this.#trying(() => this.#opened().query<Doc, string[]>(query).all(fleet, collection));
  }

  async count(fleet: string, collection: string): Promise<number> {
    const query = "SELECT count(*) AS count FROM docs WHERE fleet = ?1 AND collection = ?2";
    return this.#trying(
      () => this.#opened().query<{ count: number }, string[]>(query).get(fleet, collection)?.count ?? 0,
    );
  }

  async write(fleet: string, change: Change): Promise<boolean> {
    const written = await this.#transaction((database) => {
      for (const expected of change.expect ?? []) {
        if ((find(database, fleet, expected)?.version ?? 0) !== expected.version) return false;
      }
      const has = database.query("SELECT 1 FROM artifacts WHERE fleet = ?1 AND hash = ?2");
      if (change.needs?.some((hash) => has.get(fleet, hash) === null) === true) return false;
      for (const { collection, key, text } of change.put ?? []) {
        const put =
          "INSERT INTO docs VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT DO UPDATE SET version = version + 1, text = ?4";
        database.query(put).run(fleet, collection, key, text);
      }
      const remove = "DELETE FROM docs WHERE fleet = ?1 AND collection = ?2 AND key = ?3";
      for (const { collection, key } of change.remove ?? []) database.query(remove).run(fleet, collection, key);
      const clear = "DELETE FROM docs WHERE fleet = ?1 AND collection = ?2";
      for (const collection of change.clear ?? []) database.query(clear).run(fleet, collection);
      const drop = "DELETE FROM artifacts WHERE fleet = ?1 AND hash = ?2";
      for (const hash of change.drop ?? []) database.query(drop).run(fleet, hash);
      return true;
    });
    if (written && change.hint !== undefined) this.#hint(change.hint);
    return written;
  }

  async beat(fleet: string, beat: Beat, addresses: readonly Address[]): Promise<BeatAnswer> {
    return this.#transaction((database) => {
      const now = Date.now();
      const { id, incarnation, text, lease, take = false } = beat;
      const query = take
        ? "INSERT INTO members VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET incarnation = ?3, expires = ?4, text = ?5"
        : "UPDATE members SET expires = ?4, text = ?5 WHERE fleet = ?1 AND id = ?2 AND incarnation = ?3";
      const { changes } = database.query(query).run(fleet, id, incarnation, now + lease, text);
      return { now, kept: changes > 0, docs: addresses.map((at) => find(database, fleet, at)) };
    });
  }

  async leases(fleet: string): Promise<Leases> {
    const query = "SELECT id, text, expires FROM members WHERE fleet = ?1 ORDER BY id";
    return this.#trying(() => ({
      now: Date.now(),
      rows: this.#opened().query<LeaseRow, string[]>(query).all(fleet),
    }));
  }

  async leave(fleet: string, { id, incarnation }: Pick<Beat, "id" | "incarnation">): Promise<void> {
    const query = "DELETE FROM members WHERE fleet = ?1 AND id = ?2 AND incarnation = ?3";
    await this.#transaction((database) => database.query(query).run(fleet, id, incarnation));
  }

  async forget(fleet: string, id: string, before: number): Promise<void> {
    const query = "DELETE FROM members WHERE fleet = ?1 AND id = ?2 AND expires < ?3";
    await this.#transaction((database) => database.query(query).run(fleet, id, before));
  }

  async putArtifact(fleet: string, hash: string, bytes: Uint8Array): Promise<void> {
    const query = "INSERT INTO artifacts VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    await this.#transaction((database) => database.query(query).run(fleet, hash, bytes));
  }

  async artifact(fleet: string, hash: string): Promise<Uint8Array | undefined> {
    const query = "SELECT bytes FROM artifacts WHERE fleet = ?1 AND hash = ?2";
    return this.#trying(
      () => this.#opened().query<{ bytes: Uint8Array }, string[]>(query).get(fleet, hash)?.bytes ?? undefined,
    );
  }

  async artifacts(fleet: string): Promise<ReadonlyMap<string, number>> {
    const query = "SELECT hash, length(bytes) AS size FROM artifacts WHERE fleet = ?1 ORDER BY hash";
    const rows = await this.#trying(() =>
      this.#opened().query<{ hash: string; size: number }, string[]>(query).all(fleet),
    );
    return new Map(rows.map(({ hash, size }) => [hash, size]));
  }

  /** The file system's own events tell: of a small file beside the database, and, for the echo, of its write-ahead log. */
  async listen(_fleet: string, _member: string, listener: HintListener): Promise<AsyncDisposable> {
    await this.open();
    const [log, hints] = [`${basename(this.name)}-wal`, basename(this.#hints)];
    let told = false;
    const tell = (): void => {
      told = false;
      // The file serves all fleets of the database, so it does not tell which fleet changed.
      listener.hint(readHint(this.#hints));
    };
    const watcher: FSWatcher = watch(dirname(this.name), (_event, file) => {
      if (file === log) listener.echo();
      if (file !== hints || told) return;
      told = true;
      // One write is several events.
      setTimeout(tell, 1).unref();
    });
    watcher.on("error", () => watcher.close());
    watcher.unref();
    listener.echo();
    return { [Symbol.asyncDispose]: async () => watcher.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    this.#opening = undefined;
    database?.close();
  }

  async #open(): Promise<void> {
    let database: Database | undefined;
    try {
      database = new Database(this.name, { create: true, readwrite: true });
      database.run("PRAGMA busy_timeout = 0");
      await retrying(() => this.#makeTables(database as Database));
      this.#database = database;
    } catch (error) {
      database?.close();
      throw this.#explained(error);
    }
  }

  get #hints(): string {
    return `${this.name}-hint`;
  }

  /** Wakes the listeners. Votes and heartbeats do not: a thousand of them would wake everybody a thousand times. */
  #hint(text: string): void {
    try {
      writeFileSync(this.#hints, text, { mode: 0o600 });
    } catch {
      // The write succeeded. When the hint is lost, members find it at the next poll.
    }
  }

  #makeTables(database: Database): void {
    const number = (pragma: string): number => Number(Object.values(database.query(`PRAGMA ${pragma}`).get() ?? {})[0]);
    const mode = database.query<{ journal_mode: string }, []>("PRAGMA journal_mode = WAL").get();
    if (mode?.journal_mode !== "wal")
      throw lasting(storeFailed(this.name, "lies on a file system without shared memory"));
    // With FULL every commit is on the disk when it returns (rule F2).
    database.run("PRAGMA synchronous = FULL");
    database.run("BEGIN IMMEDIATE");
    try {
      const isEmpty = database.query<{ count: number }, []>("SELECT count(*) AS count FROM sqlite_schema").get();
      if (isEmpty?.count === 0) {
        for (const table of TABLES) database.run(table);
        database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
        database.run(`PRAGMA user_version = ${SCHEMA_VERSION}`);
      }
      if (number("application_id") !== APPLICATION_ID) {
        throw lasting(storeFailed(this.name, "is a database of another program; it was left as it is"));
      }
      const version = number("user_version");
      if (version > SCHEMA_VERSION) throw newerSchema(this.name, version, SCHEMA_VERSION);
      database.run("COMMIT");
    } finally {
      if (database.inTransaction) database.run("ROLLBACK");
    }
  }

  /** `false` from `work` undoes it. */
  #transaction<Result>(work: (database: Database) => Result): Promise<Result> {
    return this.#trying(() => {
      const database = this.#opened();
      database.run("BEGIN IMMEDIATE");
      try {
        const result = work(database);
        database.run(result === false ? "ROLLBACK" : "COMMIT");
        return result;
      } finally {
        // Some errors, such as a full disk, make SQLite roll back by itself.
        if (database.inTransaction) database.run("ROLLBACK");
      }
    });
  }

  async #trying<Result>(work: () => Result): Promise<Result> {
    await this.open();
    try {
      return await retrying(work);
    } catch (error) {
      throw this.#explained(error);
    }
  }

  #opened(): Database {
    if (this.#database === undefined) throw storeFailed(this.name, "is closed");
    return this.#database;
  }

  #explained(error: unknown): HotswapError {
    if (error instanceof HotswapError) return error;
    const code = error instanceof SQLiteError ? (error.code ?? "") : "";
    if (code.startsWith("SQLITE_BUSY")) {
      return storeFailed(this.name, `was in use by another process for ${PATIENCE / 1000} s`);
    }
    if (code.startsWith("SQLITE_FULL")) return storeFailed(this.name, "could not be written: the disk is full");
    return storeFailed(this.name, `failed: ${describeError(error)}${code === "" ? "" : ` (${code})`}`);
  }
}

function find(database: Database, fleet: string, { collection, key }: Address): Doc | undefined {
  const query = "SELECT collection, key, version, text FROM docs WHERE fleet = ?1 AND collection = ?2 AND key = ?3";
  return database.query<Doc, string[]>(query).get(fleet, collection, key) ?? undefined;
}

/** What the newest change was about; empty while it is being written. */
function readHint(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Tries again while another process writes. */
async function retrying<Result>(work: () => Result): Promise<Result> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      return work();
    } catch (error) {
      const isBusy = error instanceof SQLiteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code ?? "");
      if (!isBusy || performance.now() > end) throw error;
    }
    await Bun.sleep(1 + Math.random() * 5);
  }
}
