import { expect, test } from "bun:test";
import { join } from "node:path";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import type { JobInfo } from "../../src/jobs/job.ts";
import type { JobQueueOptions } from "../../src/jobs/options.ts";
import { LiveData, wrap } from "../../src/vault/data/live-data.ts";
import { sqliteStore } from "../../src/vault/store/sqlite-store.ts";
import { bagHost } from "../vault/bag/bag-host.ts";
import { SetSource } from "./job-source.ts";
import { MemoryStore, memoryDisk, type MemoryDisk } from "../vault/store/memory-store.ts";
import { temporaryFolder } from "../vault/store/temporary-folder.ts";
import { RecordingLogger } from "../support/logger.ts";

class Mail {
  to = "";
}
class NewerMail {
  static version = 2;
  static migrations = { 1: (old: { to: string }): object => ({ receivers: [old.to] }) };
  receivers: string[] = [];
  handle(info: JobInfo): void {
    handled.push([info.id, info.attempt, ...this.receivers]);
  }
}
const handled: unknown[] = [];

const clock = { now: 0 };
function queueOn(disk: MemoryDisk, source: SetSource, options: JobQueueOptions = {}): JobQueue {
  const logger = new RecordingLogger();
  return new JobQueue(source, {
    store: new MemoryStore(disk),
    flushInterval: 60_000,
    logger,
    now: () => clock.now,
    ...options,
  });
}

test("8.5 jobs survive a restart: their time, order, data, repetition and failures", async () => {
  clock.now = 0;
  const disk = memoryDisk();
  const source = new SetSource();
  source.load({ types: { Live_Mail: Mail } });
  const first = queueOn(disk, source, { attempts: 2, backoff: () => 30 });
  first.add("Live_Mail", Object.assign(new Mail(), { to: "late" }), { id: "late", delay: 200 });
  first.add("Live_Mail", Object.assign(new Mail(), { to: "beat" }), { id: "beat", every: 100 });
  first.add("live_missing", 1, { id: "failing" });
  await first.tick();
  await first.close();

  source.load({ types: { Live_Mail: NewerMail } });
  const second = queueOn(disk, source, { attempts: 2 });
  await second.ready();
  expect(second.size).toBe(3);
  clock.now = 30;
  await second.tick();
  expect(second.dead).toMatchObject([{ id: "failing", attempts: 2 }]);
  clock.now = 200;
  await second.tick();
  expect(handled).toEqual([
    ["beat", 1, "beat"],
    ["late", 1, "late"],
  ]);
  await second.close();

  const third = queueOn(disk, source);
  await third.ready();
  expect([third.size, third.dead.map(({ id }) => id)]).toEqual([1, ["failing"]]);
  third.requeue("failing");
  await third.close();
  const fourth = queueOn(disk, source);
  await fourth.ready();
  expect([fourth.size, fourth.dead]).toEqual([2, []]);
  fourth.remove("failing");
  await fourth.close();
  expect([...disk.texts.keys()]).toEqual(["beat"]);
});

test("8.5 what is added before the store was read joins what was in it", async () => {
  const disk = memoryDisk();
  const source = new SetSource();
  source.load({ funcs: { live_note: (value: unknown) => void noted.push(value) } });
  const noted: unknown[] = [];
  clock.now = 1000;
  const first = queueOn(disk, source);
  first.add("live_note", "old", { id: "beat", every: 100 });
  await first.close();
  clock.now = 1060;
  const second = queueOn(disk, source);
  second.add("live_note", "new", { id: "beat", every: 100 });
  clock.now = 1100;
  await second.tick();
  expect(noted).toEqual(["new"]);
  expect(second.size).toBe(1);
  await second.close();
});

test("8.5 flush() tells when a job is safe, and a job that ran leaves the store", async () => {
  const disk = memoryDisk();
  const source = new SetSource();
  source.load({ funcs: { live_note: () => {} } });
  const queue = queueOn(disk, source);
  queue.add("live_note", 1, { id: "one" });
  queue.add("live_note", 1, { id: "two", delay: 1e9 });
  expect(disk.texts.size).toBe(0);
  await queue.flush();
  expect([...disk.texts.keys()]).toEqual(["one", "two"]);
  await queue.tick();
  await queue.flush();
  expect([...disk.texts.keys()]).toEqual(["two"]);
  await queue.close();
});

test("8.5 a job that is still running when the queue is closed runs again after a restart", async () => {
  const disk = memoryDisk();
  const source = new SetSource();
  const gate = Promise.withResolvers<void>();
  let runs = 0;
  source.load({ funcs: { live_wait: () => (++runs, gate.promise) } });
  const first = queueOn(disk, source);
  first.add("live_wait", 1);
  await first.ready();
  const ticking = first.tick();
  await first.close({ timeout: 0 });
  gate.resolve();
  await ticking;
  const second = queueOn(disk, source);
  await second.tick();
  expect(runs).toBe(2);
  await second.close();
  expect(disk.texts.size).toBe(0);
});

test("8.5 the store of a data bag, or one that is in use, is refused", async () => {
  const disk = memoryDisk();
  const host = await bagHost({ store: new MemoryStore(disk) });
  const { bag } = await host.load();
  bag.set("score", 1);
  await bag.flush();
  const inUse = queueOn(disk, new SetSource());
  inUse.add("live_note", 1);
  await expect(inUse.tick()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  await expect(inUse.flush()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  await expect(inUse.close()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  await host.storage.close();

  const bags = queueOn(disk, new SetSource());
  await expect(bags.ready()).rejects.toMatchObject({
    code: "HOTSWAP_STORE_FAILED",
    message: `the stored record "score" is not a job; a job queue needs a store of its own`,
  });
  await expect(bags.close()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
  expect([...disk.texts]).toEqual([["score", "\n1"]]);
});

test("8.5 what a plugin adds, or lets tick, does not end with the plugin", async () => {
  const disk = memoryDisk();
  const source = new SetSource();
  const gate = Promise.withResolvers<void>();
  source.load({ funcs: { live_wait: () => gate.promise } });
  const queue = queueOn(disk, source);
  await queue.ready();
  const graph = new Bun.ModuleGraph();
  graph.run(() => {
    queue.add("live_wait", 1);
    void queue.tick();
    void queue.flush();
  });
  graph.dispose();
  gate.resolve();
  await queue.stop();
  expect([queue.running, queue.size]).toEqual([0, 0]);
  await queue.close();
  expect(disk.texts.size).toBe(0);
});

test("8.5 the size of a queue on a reopened store is right before anything else was asked of it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "jobs.db");
  const source = new SetSource();
  source.load({ funcs: { live_note: () => {} } });
  const first = new JobQueue(source, { store: sqliteStore(path) });
  for (let count = 0; count < 1000; count++) first.add("live_note", count, { id: `${count}`, delay: 60_000 });
  await first.close();
  await using second = new JobQueue(source, { store: sqliteStore(path) });
  second.add("live_note", 1);
  second.add("live_note", 1, { id: "7", delay: 1 });
  expect(second.size).toBe(1001);
  expect(second.dead).toEqual([]);
  await second.ready();
  expect(second.size).toBe(1001);
  const third = new JobQueue(source, { store: sqliteStore(path) });
  expect(() => third.size).toThrow(expect.objectContaining({ code: "HOTSWAP_STORE_FAILED" }));
  await expect(third.close()).rejects.toMatchObject({ code: "HOTSWAP_STORE_FAILED" });
});

test("8.5 a store that has to be waited for makes the size an error, never a wrong number", async () => {
  clock.now = 0;
  const disk = memoryDisk();
  const source = new SetSource();
  source.load({ funcs: { live_note: () => {} } });
  const first = queueOn(disk, source);
  first.add("live_note", 1);
  await first.close();
  await using second = queueOn(disk, source);
  expect(() => second.size).toThrow(
    expect.objectContaining({ code: "HOTSWAP_STORE_FAILED", message: expect.stringContaining("await queue.ready()") }),
  );
  await second.ready();
  expect(second.size).toBe(1);
});

test("8.5 data above maxValueSize is refused when the job is added, wrapped or not", async () => {
  const source = new SetSource();
  await using queue = new JobQueue(source, { maxValueSize: 100 });
  const tooLarge = expect.objectContaining({ code: "HOTSWAP_TOO_LARGE" }) as Error;
  expect(() => queue.add("live_note", new Uint8Array(101))).toThrow(tooLarge);
  expect(() => queue.add("live_note", wrap(new Uint8Array(101)))).toThrow(tooLarge);
  expect(() => queue.add("live_note", LiveData.from(wrap("x".repeat(101)).toJSON()))).toThrow(tooLarge);
  queue.add("live_note", wrap("x".repeat(50)));
  expect(queue.size).toBe(1);
  expect(() => new JobQueue(source, { maxValueSize: 0 })).toThrow(RangeError);
});
