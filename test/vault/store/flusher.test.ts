import { expect, test } from "bun:test";
import { HotswapError } from "../../../src/errors.ts";
import { RecordRefused, type DataStore, type StoreBatch } from "../../../src/vault/store/data-store.ts";
import { Flusher } from "../../../src/vault/store/flusher.ts";
import { RecordingLogger } from "../../support/logger.ts";

/** Keeps texts, refuses those that begin with "bad", and fails as a whole while it is down. */
class PickyStore implements DataStore {
  readonly texts = new Map<string, string>();
  isDown: unknown;
  isClosed = false;

  *load(): Generator<never> {}

  async write(batch: StoreBatch): Promise<void> {
    const changes = [...batch];
    if (this.isDown !== undefined) throw this.isDown;
    for (const [key, text] of changes) if (text?.startsWith("bad") === true) throw new RecordRefused(key, "it is bad");
    for (const [key, text] of changes) {
      if (text === undefined) this.texts.delete(key);
      else this.texts.set(key, text);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

function flusherOf(store: DataStore, logger = new RecordingLogger(), interval = 60_000): Flusher<string | undefined> {
  return new Flusher<string | undefined>({
    store,
    what: "the data bag",
    interval,
    logger,
    textOf(value) {
      if (value === "endless") throw new RangeError("Out of memory");
      return value;
    },
  });
}

const failed = (message: RegExp): unknown =>
  expect.objectContaining({ code: "HOTSWAP_STORE_FAILED", message: expect.stringMatching(message) });

test("7.4 a value that cannot be encoded or written is reported by its key, and the rest is stored", async () => {
  const store = new PickyStore();
  const flusher = flusherOf(store);
  for (const [key, text] of [
    ["a", "1"],
    ["one", "bad"],
    ["b", "2"],
    ["two", "endless"],
    ["three", "bad too"],
    ["c", "3"],
  ] as const)
    flusher.add(key, text);
  const error = await flusher.flush().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(HotswapError);
  expect(error).toEqual(failed(/"one" could not be stored: it is bad/));
  expect(error).toEqual(failed(/"two" could not be stored: Out of memory/));
  expect(error).toEqual(failed(/"three" could not be stored/));
  expect(Object.fromEntries(store.texts)).toEqual({ a: "1", b: "2", c: "3" });

  flusher.add("a", undefined);
  flusher.add("one", "good");
  await expect(flusher.flush()).rejects.toEqual(failed(/"two".*"three"|"three".*"two"/));
  expect(Object.fromEntries(store.texts)).toEqual({ b: "2", c: "3", one: "good" });

  flusher.add("two", undefined);
  flusher.add("three", "good");
  flusher.add("late", "bad");
  flusher.add("d", "4");
  await expect(flusher.close()).rejects.toEqual(failed(/^the value of "late" could not be stored: it is bad$/));
  expect(store.isClosed).toBe(true);
  expect(Object.fromEntries(store.texts)).toEqual({ b: "2", c: "3", d: "4", one: "good", three: "good" });
});

test("7.4 a store that fails with an error of its own is one coded error, and nothing is lost", async () => {
  const store = new PickyStore();
  const flusher = flusherOf(store);
  flusher.add("a", "1");
  flusher.add("b", "bad");
  store.isDown = new TypeError("no route");
  await expect(flusher.flush()).rejects.toEqual(failed(/^the data bag could not be written: no route$/));
  store.isDown = undefined;
  await expect(flusher.flush()).rejects.toEqual(failed(/^the value of "b"/));
  expect([...store.texts]).toEqual([["a", "1"]]);
});

test("7.4 a failure that goes on is logged once", async () => {
  const store = new PickyStore();
  const logger = new RecordingLogger();
  const flusher = flusherOf(store, logger, 1);
  let tries = 0;
  const done = Promise.withResolvers<void>();
  store.write = async () => {
    if (++tries === 4) done.resolve();
    throw new RecordRefused("a", "it is bad");
  };
  flusher.add("a", "bad");
  await done.promise;
  expect(logger.lines).toHaveLength(1);
  await expect(flusher.close()).rejects.toEqual(failed(/"a"/));
});
