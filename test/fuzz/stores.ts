import { Database } from "bun:sqlite";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import { BagStorage } from "../../src/vault/bag/storage.ts";
import { inspectKey, inspectStore } from "../../src/inspect/stored-vault.ts";
import { checksumOf } from "../../src/vault/store/sqlite-file.ts";
import { sqliteStore } from "../../src/vault/store/sqlite-store.ts";
import { RecordingLogger } from "../support/logger.ts";
import type { Random } from "./random.ts";
import type { Target } from "./target.ts";

/** What the files of a store hold, by their endings: the database, and its log. */
type StoreFiles = ReadonlyMap<string, Buffer>;

type Kind = "vault" | "jobs";

/** Stores of one kind, damaged as files (`isLog`: in their write-ahead log), or with records whose checksums are right. */
async function stores(kind: Kind, isLog: boolean): Promise<Target> {
  const dir = await mkdtemp(join(tmpdir(), "hotswap-fuzz-"));
  const sample = await sampleOf(kind, join(dir, "sample.db"));
  const path = join(dir, "fuzzed.db");
  return {
    async attempt(random) {
      for (const name of await readdir(dir))
        if (name.startsWith("fuzzed")) await rm(join(dir, name), { recursive: true });
      await write(path, sample, random, isLog);
      await read(kind, path, random);
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

export const vaultFiles = (): Promise<Target> => stores("vault", false);
export const jobFiles = (): Promise<Target> => stores("jobs", false);
export const logFiles = (): Promise<Target> => stores("vault", true);

async function sampleOf(kind: Kind, path: string): Promise<StoreFiles> {
  const logger = new RecordingLogger();
  if (kind === "jobs") {
    const queue = new JobQueue({ current: undefined } as never, { store: sqliteStore(path), logger });
    for (let index = 0; index < 20; index++) queue.add("live_job", { index, text: "x".repeat(index) }, { delay: 1e9 });
    await queue.flush();
    const files = await filesOf(path);
    await queue.close();
    return files;
  }
  const storage = await BagStorage.open({ store: sqliteStore(path), logger });
  const transaction = storage.begin(new Map());
  for (let index = 0; index < 20; index++) {
    transaction.bag.set(`key ${index}`, {
      index,
      list: [1n, new Date(0), new Map([[index, new Set(["a"])]])],
      text: "x".repeat(index * 50),
    });
  }
  transaction.prepare();
  transaction.commit();
  await transaction.bag.flush();
  const files = await filesOf(path);
  await storage.close();
  return files;
}

/** With the log: it is copied while the store is open. */
async function filesOf(path: string): Promise<StoreFiles> {
  const files = new Map<string, Buffer>();
  for (const ending of ["", "-wal"]) files.set(ending, await readFile(path + ending));
  return files;
}

async function write(path: string, sample: StoreFiles, random: Random, isLog: boolean): Promise<void> {
  const withRecords = !isLog && random.next() < 0.5;
  for (const [ending, bytes] of sample) {
    const isHurt = !withRecords && (ending === "-wal") === isLog;
    if (ending === "-wal" && isHurt && random.next() < 0.1) continue;
    await writeFile(path + ending, isHurt ? random.damaged(bytes) : bytes);
  }
  if (withRecords) damageRecords(path, random);
}

/** Texts that no damage of a disk makes: their checksums are right. */
function damageRecords(path: string, random: Random): void {
  using database = new Database(path);
  const rows = database.query<{ key: string; text: string }, []>("SELECT key, text FROM records").all();
  for (const { key, text } of rows) {
    if (random.next() < 0.7) continue;
    const changed = random.next() < 0.5 ? changedJson(random, text) : random.damaged(Buffer.from(text)).toString();
    database.run("UPDATE records SET text = ?1, checksum = ?2 WHERE key = ?3", [
      changed,
      checksumOf(key, changed),
      key,
    ]);
  }
}

/** Whatever of the lines is JSON is changed as such. */
function changedJson(random: Random, text: string): string {
  return text
    .split("\n")
    .map((line) => {
      try {
        return JSON.stringify(random.changed(JSON.parse(line)));
      } catch {
        return line;
      }
    })
    .join("\n");
}

async function read(kind: Kind, path: string, random: Random): Promise<void> {
  const logger = new RecordingLogger();
  if (random.next() < 0.3) {
    const { keys } = await inspectStore(path);
    for (const { key } of keys) await inspectKey(path, key);
    return;
  }
  if (kind === "jobs") {
    const queue = new JobQueue({ current: undefined } as never, { store: sqliteStore(path), logger });
    try {
      await queue.ready();
      void queue.dead;
      queue.add("live_job", 1);
      await queue.flush();
    } finally {
      await queue.close();
    }
    return;
  }
  const storage = await BagStorage.open({ store: sqliteStore(path), logger });
  try {
    const transaction = storage.begin(new Map());
    for (const key of transaction.bag.keys()) transaction.bag.get(key);
    transaction.bag.set("new", 1);
    transaction.prepare();
    transaction.commit();
    await transaction.bag.flush();
  } finally {
    await storage.close();
  }
}
