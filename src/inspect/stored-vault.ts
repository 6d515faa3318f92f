import { Database, constants } from "bun:sqlite";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { readRecord } from "../vault/bag/record.ts";
import { Slot, type Entry } from "../vault/bag/slot.ts";
import { decode, noTypes } from "../vault/codec/decode.ts";
import type { TypeVersion } from "../vault/codec/form.ts";
import { readJob } from "../jobs/job.ts";
import type { StoreRecord } from "../vault/store/data-store.ts";
import { checkIntegrity, explaining, holdsStore, readRecords, storeFailed } from "../vault/store/sqlite-file.ts";

/** What lies under a key of a store. */
export interface InspectedKey {
  readonly key: string;
  /** Length of the stored text in bytes of UTF-8. */
  readonly bytes: number;
  /** Version of the data-bag key; 1 for a job. */
  readonly version: number;
  /** The live types in the value, each with its version. */
  readonly types: readonly TypeVersion[];
  /** What there is to know of a job; `undefined` for a key of a data bag. */
  readonly job: InspectedJob | undefined;
}

export interface InspectedJob {
  /** The live function or type that runs it. */
  readonly type: string;
  readonly state: "waiting" | "dead";
  /** When it is due, in ms of the queue's clock. */
  readonly due: number;
  readonly failures: number;
  readonly error: string | undefined;
}

/** What is in a store. */
export interface Inspection {
  /** Bytes of the file, without SQLite's log. */
  readonly bytes: number;
  /** Every key, sorted. */
  readonly keys: readonly InspectedKey[];
}

/** A key with its value. */
export interface InspectedValue extends InspectedKey {
  /** The value (of a job: its data); instances of live types are plain objects with the fields as they are stored. */
  readonly value: unknown;
  /** The value in the vault's own form, as JSON text. */
  readonly text: string;
}

/**
 * What is in the store of a data bag or job queue, which may be in use meanwhile. Throws `HOTSWAP_STORE_FAILED` when
 * there is no store in the file or it is damaged.
 */
export async function inspectStore(path: string): Promise<Inspection> {
  const keys = await readingStore(path, (database) => {
    checkIntegrity(database, path);
    return Array.from(readRecords(database, path), (record) => describeRecord(record).described);
  });
  return {
    bytes: (await Bun.file(path).stat()).size,
    keys: keys.toSorted((one, other) => (one.key < other.key ? -1 : 1)),
  };
}

/** One key of a store with its value; `undefined` when there is no such key. Throws as {@link inspectStore}. */
export async function inspectKey(path: string, key: string): Promise<InspectedValue | undefined> {
  return await readingStore(path, (database) => {
    const [record] = readRecords(database, path, key);
    if (!record) return undefined;
    const { described, value, text } = describeRecord(record);
    return { ...described, value: value(), text };
  });
}

async function readingStore<T>(path: string, read: (database: Database) => T): Promise<T> {
  if (!holdsStore(path)) throw storeFailed(path, "does not exist, or is empty");
  return explaining(path, () => {
    using database = openForReading(path);
    return read(database);
  });
}

/** A plain read-only connection would leave the files of SQLite's log behind when nobody else has the store open. */
function openForReading(path: string): Database {
  if (existsSync(`${path}-wal`)) return new Database(path, { readonly: true });
  const url = `${Bun.pathToFileURL(resolve(path)).href}?immutable=1`;
  return new Database(url, constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI);
}

function describeRecord(record: StoreRecord): { described: InspectedKey; value: () => unknown; text: string } {
  const common = { key: record.key, bytes: Buffer.byteLength(record.text) };
  // The record of a job is one object in one line; that of a data bag always has a line for what is said of the value.
  if (record.text.includes("\n")) {
    const entry = readRecord(record);
    const { version, types } = entry instanceof Slot ? entry : { version: 1, types: [] };
    const described = { ...common, version, types, job: undefined };
    return { described, value: () => valueOf(entry), text: record.text.slice(record.text.indexOf("\n") + 1) };
  }
  const { job, isDead } = readJob(record);
  const { type, due, failures, error } = job;
  const inspected: InspectedJob = { type, state: isDead ? "dead" : "waiting", due, failures, error };
  const described = { ...common, version: 1, types: [], job: inspected };
  return { described, value: () => job.data.unwrap(), text: job.data.toJSON() };
}

function valueOf(entry: Entry): unknown {
  return entry instanceof Slot ? decode(entry.content, noTypes, "the value") : entry;
}
