import { expect, test } from "bun:test";
import { wrap } from "../../src/vault/data/live-data.ts";
import type { JobInfo } from "../../src/jobs/job.ts";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import type { JobQueueOptions } from "../../src/jobs/options.ts";
import { SetSource } from "./job-source.ts";
import { RecordingLogger } from "../support/logger.ts";

/** A queue with a clock of its own and a log of what ran. */
function scene(options: JobQueueOptions = {}) {
  const source = new SetSource();
  const logger = new RecordingLogger();
  const clock = { now: 1000 };
  const ran: unknown[] = [];
  source.load({ funcs: { live_note: (value: unknown) => void ran.push(value) } });
  const queue = new JobQueue(source, { logger, now: () => clock.now, ...options });
  return { source, logger, clock, ran, queue };
}

test("8.5 a job runs its live function with its value, once, at the next tick", async () => {
  const { queue, ran } = scene();
  queue.add("live_note", { n: 1 });
  queue.add("live_note", wrap({ n: 2 }));
  expect(queue.size).toBe(2);
  const ticking = queue.tick();
  expect(ran).toEqual([{ n: 1 }, { n: 2 }]);
  expect(await ticking).toEqual({ ran: 2, failed: 0 });
  expect(await queue.tick()).toEqual({ ran: 0, failed: 0 });
  expect(queue.size).toBe(0);
});

test("8.5 the value is a copy of what it was when the job was added", async () => {
  const { queue, ran } = scene();
  const value = [1];
  queue.add("live_note", value);
  value.push(2);
  await queue.tick();
  expect(ran).toEqual([[1]]);
});

test("8.5 jobs run when they are due, the earlier first, up to max in a tick", async () => {
  const { queue, ran, clock } = scene();
  queue.add("live_note", "late", { delay: 50 });
  queue.add("live_note", "later", { delay: 60 });
  queue.add("live_note", "first");
  queue.add("live_note", "second");
  expect(await queue.tick(1)).toEqual({ ran: 1, failed: 0 });
  expect(ran).toEqual(["first"]);
  clock.now += 49;
  await queue.tick();
  expect(ran).toEqual(["first", "second"]);
  clock.now += 100;
  await queue.tick();
  expect(ran).toEqual(["first", "second", "late", "later"]);
});

test("8.5 many jobs with random delays run in the order in which they are due", async () => {
  const { queue, ran, clock } = scene();
  const delays = Array.from({ length: 2000 }, () => Math.floor(Math.random() * 500));
  for (const delay of delays) queue.add("live_note", delay, { delay });
  for (let tick = 0; tick < 60; tick++) {
    clock.now += 10;
    await queue.tick(Infinity);
  }
  expect(ran).toEqual(delays.toSorted((one, other) => one - other));
});

class Mail {
  to = "";
  sent: string[] = [];
  handle(info: JobInfo): void {
    sent.push(`old mail to ${this.to} at attempt ${info.attempt}`);
  }
}
class NewerMail {
  static version = 2;
  static migrations = { 1: (old: { to: string }): object => ({ receivers: [old.to] }) };
  receivers: string[] = [];
  async handle(info: JobInfo): Promise<void> {
    sent.push(`${info.type} to ${this.receivers.join()}`);
  }
}
const sent: string[] = [];

test("8.5 a job of an old live type runs the handle of the newest, with migrated data", async () => {
  const { queue, source } = scene();
  source.load({ types: { Live_Mail: Mail } });
  queue.add("Live_Mail", Object.assign(new Mail(), { to: "bob" }));
  queue.add("Live_Mail", { to: "anna" });
  source.load({ types: { Live_Mail: NewerMail } });
  expect(await queue.tick()).toEqual({ ran: 2, failed: 0 });
  expect(sent).toEqual(["Live_Mail to bob", "Live_Mail to "]);
  expect(source.entered).toEqual(["Live_Mail", "Live_Mail"]);
});

test("8.5 a job holds its set until its promise settles", async () => {
  const { queue, source } = scene();
  const gate = Promise.withResolvers<void>();
  source.load({ funcs: { live_wait: () => gate.promise } });
  queue.add("live_wait", 1);
  const ticking = queue.tick();
  expect([source.leases, queue.running]).toEqual([1, 1]);
  source.load({});
  gate.resolve();
  await ticking;
  expect([source.leases, queue.running]).toEqual([0, 0]);
});

test("8.5 a failing job is logged, tried again after the back-off up to the limit, then kept aside and can be requeued", async () => {
  const { queue, source, clock, logger } = scene({ attempts: 3, backoff: (failures) => failures * 100 });
  const attempts: number[] = [];
  let isBroken = true;
  source.load({
    funcs: {
      live_fail: async (_value: unknown, info: JobInfo) => {
        attempts.push(info.attempt);
        if (isBroken) throw new Error("out of order");
      },
    },
  });
  const id = queue.add("live_fail", { n: 1 }, { id: "job" });
  expect(await queue.tick()).toEqual({ ran: 1, failed: 1 });
  clock.now += 99;
  expect(await queue.tick()).toEqual({ ran: 0, failed: 0 });
  clock.now += 1;
  await queue.tick();
  clock.now += 200;
  await queue.tick();
  expect(attempts).toEqual([1, 2, 3]);
  expect(queue.size).toBe(0);
  expect(queue.dead).toMatchObject([{ id, type: "live_fail", attempts: 3, error: "out of order" }]);
  expect(queue.dead[0]?.data.unwrap()).toEqual({ n: 1 });
  expect(logger.lines).toEqual([
    "warn: job job (live_fail) failed at attempt 1 of 3, next in 100 ms: out of order",
    "warn: job job (live_fail) failed at attempt 2 of 3, next in 200 ms: out of order",
    "error: job job (live_fail) failed at attempt 3 of 3 and is kept aside: out of order",
  ]);

  isBroken = false;
  expect(queue.requeue("other")).toBe(false);
  expect(queue.requeue(id)).toBe(true);
  expect(await queue.tick()).toEqual({ ran: 1, failed: 0 });
  expect(attempts).toEqual([1, 2, 3, 1]);
  expect([queue.size, queue.dead]).toEqual([0, []]);
});

test("8.5 a job whose code is missing, has no handle or cannot read the data fails like any other", async () => {
  class Live_Mute {
    text = "";
  }
  class Live_Newer extends NewerMail {}
  const { queue, source } = scene({ attempts: 1 });
  source.load({ funcs: { live_note: () => {} }, types: { Live_Mute, Live_Newer } });
  queue.add("live_nota", 1);
  queue.add("Live_Mute", {});
  queue.add("Live_Newer", 5);
  await queue.tick();
  expect(queue.dead.map(({ error }) => error)).toEqual([
    `the current set has no live function and no live type "live_nota" (did you mean "live_note"?)`,
    "the live type Live_Mute has no method handle, so it cannot run jobs",
    "live data cannot be unwrapped as Live_Newer: it holds 5, not an object with fields",
  ]);
});

test("8.5 a repeating job runs every so often, and what was missed is not made up for", async () => {
  const { queue, ran, clock } = scene();
  queue.add("live_note", "beat", { every: 100 });
  const runsAfter = async (wait: number): Promise<number> => {
    clock.now += wait;
    await queue.tick();
    return ran.length;
  };
  expect(await runsAfter(99)).toBe(0);
  expect(await runsAfter(1)).toBe(1);
  expect(await runsAfter(130)).toBe(2);
  expect(await runsAfter(70)).toBe(3);
  expect(await runsAfter(1000)).toBe(4);
  expect(await runsAfter(99)).toBe(4);
  expect(await runsAfter(1)).toBe(5);
});

test("8.5 adding a job under an id that waits replaces it and keeps its time, unless there is a delay", async () => {
  const { queue, ran, clock } = scene();
  queue.add("live_note", "old", { id: "beat", every: 100 });
  clock.now += 60;
  queue.add("live_note", "new", { id: "beat", every: 100 });
  expect(queue.size).toBe(1);
  clock.now += 40;
  await queue.tick();
  expect(ran).toEqual(["new"]);
  queue.add("live_note", "delayed", { id: "beat", delay: 500 });
  clock.now += 100;
  await queue.tick();
  expect(ran).toEqual(["new"]);
  clock.now += 400;
  await queue.tick();
  expect(ran).toEqual(["new", "delayed"]);
  expect(queue.size).toBe(0);
});

test("8.5 two jobs of one id never run at the same time, and the later one is not lost", async () => {
  const { queue, source } = scene();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const started: unknown[] = [];
  source.load({ funcs: { live_wait: (value: number) => (started.push(value), gates[value]?.promise) } });
  queue.add("live_wait", 0, { id: "one" });
  const first = queue.tick();
  queue.add("live_wait", 1, { id: "one" });
  expect(await queue.tick()).toEqual({ ran: 0, failed: 0 });
  gates[0]?.reject(new Error("too late to matter"));
  await first;
  const second = queue.tick();
  expect(started).toEqual([0, 1]);
  gates[1]?.resolve();
  await second;
  expect([queue.size, queue.dead]).toEqual([0, []]);
});

test("8.5 a job that is removed does not run, and one that is running does not run again", async () => {
  const { queue, source, ran } = scene();
  queue.add("live_note", 1, { id: "waiting" });
  expect([queue.remove("waiting"), queue.remove("waiting")]).toEqual([true, false]);
  await queue.tick();
  expect(ran).toEqual([]);
  const gate = Promise.withResolvers<void>();
  source.load({ funcs: { live_wait: () => gate.promise } });
  queue.add("live_wait", 1, { id: "running", every: 10, delay: 0 });
  const ticking = queue.tick();
  expect(queue.remove("running")).toBe(true);
  gate.resolve();
  await ticking;
  expect(queue.size).toBe(0);
});

test("8.5 without a set a tick rejects, and no job was tried", async () => {
  const queue = new JobQueue(new SetSource(), { logger: new RecordingLogger(), attempts: 1 });
  queue.add("live_note", 1);
  await expect(queue.tick()).rejects.toThrow("no set is loaded");
  expect([queue.size, queue.dead]).toEqual([1, []]);
});

test("8.5 start() ticks until stop(), which waits for what is running; a failing tick is logged once", async () => {
  const source = new SetSource();
  const logger = new RecordingLogger();
  const queue = new JobQueue(source, { logger });
  const calls: number[] = [];
  const third = Promise.withResolvers<void>();
  queue.start({ interval: 1, max: 1 });
  await logger.line(/no set is loaded/);
  const gate = Promise.withResolvers<void>();
  source.load({
    funcs: {
      live_count: (value: number) => {
        calls.push(value);
        if (calls.length === 3) third.resolve();
        return value === 3 ? gate.promise : undefined;
      },
    },
  });
  for (const value of [1, 2, 3]) queue.add("live_count", value);
  await third.promise;
  expect(calls).toEqual([1, 2, 3]);
  let stopped = false;
  const stopping = queue.stop().then(() => (stopped = true));
  queue.add("live_count", 4);
  await Promise.resolve();
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(queue.size).toBe(1);
  expect(logger.lines).toEqual(["error: the job queue could not run jobs: no set is loaded"]);
});

test("8.5 what makes no sense is refused", async () => {
  const { queue, source } = scene();
  expect(() => queue.add("live_note", () => 0)).toThrow("value: a function cannot be stored");
  expect(() => queue.add("live_note", 1, { delay: -1 })).toThrow(RangeError);
  expect(() => queue.add("live_note", 1, { delay: Number.NaN })).toThrow(RangeError);
  expect(() => queue.add("live_note", 1, { every: 0 })).toThrow(RangeError);
  expect(() => queue.add("live_note", 1, { id: "\ud800" })).toThrow(/well-formed/);
  await expect(queue.tick(0)).rejects.toThrow(RangeError);
  expect(() => queue.start({ interval: -1 })).toThrow(RangeError);
  expect(() => new JobQueue(source, { attempts: 0 })).toThrow(RangeError);
  expect(queue.size).toBe(0);
  await queue.close();
  expect(() => queue.add("live_note", 1)).toThrow(expect.objectContaining({ code: "HOTSWAP_CLOSED" }));
  await expect(queue.tick()).rejects.toMatchObject({ code: "HOTSWAP_CLOSED" });
});

test("8.5 a back-off that makes no sense is logged and does not lose the job", async () => {
  const { queue, source, logger } = scene({ backoff: () => Number.NaN });
  source.load({ funcs: { live_fail: () => Promise.reject(new Error("no")) } });
  queue.add("live_fail", 1);
  await queue.tick();
  expect(queue.size).toBe(1);
  expect(logger.lines[0]).toContain("what backoff returns must be a number of ms from 0, not NaN");
});
