import { expect, test } from "bun:test";
import { join } from "node:path";
import { inspectKey, inspectStore } from "../../src/inspect/stored-vault.ts";
import { JobQueue } from "../../src/jobs/job-queue.ts";
import { sqliteStore } from "../../src/vault/store/sqlite-store.ts";
import { RecordingLogger } from "../support/logger.ts";
import { bagHost } from "../vault/bag/bag-host.ts";
import { SetSource } from "../jobs/job-source.ts";
import { temporaryFolder } from "../vault/store/temporary-folder.ts";

class Player {
  static version = 3;
  name = "bob";
}

test("7.4 a store can be looked into while its owner uses it, and afterwards, without leaving a trace", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "bag.db");
  const host = await bagHost({ store: sqliteStore(file) });
  await host.load({ Live_Player: Player }, (bag) => {
    bag.declare("players", { version: 2 });
    bag.set("players", new Map([["bob", new Player()]]));
    bag.set("count", 5);
  });
  await host.storage.flush();

  const keys = [
    { key: "count", bytes: 2, version: 1, types: [], job: undefined },
    {
      key: "players",
      bytes: expect.any(Number),
      version: 2,
      types: [{ name: "Live_Player", version: 3 }],
      job: undefined,
    },
  ];
  expect((await inspectStore(file)).keys).toEqual(keys as never);
  const found = await inspectKey(file, "players");
  expect(found?.value).toEqual(new Map([["bob", { name: "bob" }]]));
  expect(JSON.parse(found?.text ?? "")).toEqual([
    ["map", "bob", [1]],
    ["live", "Live_Player", 3, { name: "bob" }],
  ]);
  expect(await inspectKey(file, "player")).toBeUndefined();
  await host.storage.close();

  const before = await folder.files();
  expect((await inspectStore(file)).keys).toEqual(keys as never);
  expect((await inspectKey(file, "count"))?.value).toBe(5);
  expect(await folder.files()).toEqual(before);
});

test("8.5 the store of a job queue shows its jobs", async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, "jobs.db");
  const source = new SetSource();
  source.load({});
  const queue = new JobQueue(source, {
    store: sqliteStore(file),
    attempts: 1,
    logger: new RecordingLogger(),
    now: () => 1000,
  });
  queue.add("live_missing", { n: 1 }, { id: "dead" });
  await queue.tick();
  queue.add("live_later", [1], { id: "later", delay: 500 });
  await queue.close();
  expect((await inspectStore(file)).keys.map(({ key, job }) => [key, job])).toEqual([
    [
      "dead",
      {
        type: "live_missing",
        state: "dead",
        due: 1000,
        failures: 1,
        error: expect.stringContaining("live_missing") as never,
      },
    ],
    ["later", { type: "live_later", state: "waiting", due: 1500, failures: 0, error: undefined }],
  ]);
  expect((await inspectKey(file, "dead"))?.value).toEqual({ n: 1 });
});

test("7.4 what is no store, or a damaged one, is one clear error", async () => {
  await using folder = await temporaryFolder();
  const failed = (message: RegExp): unknown =>
    expect.objectContaining({ code: "HOTSWAP_STORE_FAILED", message: expect.stringMatching(message) });
  const missing = join(folder.path, "missing.db");
  await expect(inspectStore(missing)).rejects.toEqual(failed(/missing\.db does not exist, or is empty/));
  const text = join(folder.path, "text");
  await Bun.write(text, "x".repeat(500));
  await expect(inspectKey(text, "a")).rejects.toEqual(failed(/is not a store of hotswap/));
  expect(await folder.files()).toEqual(["text"]);
});
