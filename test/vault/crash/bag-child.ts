/**
 * A process with a data bag in a file, for tests that end it: `bun bag-child.ts <task> <file>`. What it reports stands
 * on stdout, a line for each.
 */
import { writeSync } from "node:fs";
import { HotswapError } from "../../../src/errors.ts";
import type { DataBag } from "../../../src/vault/bag/data-bag.ts";
import { BagStorage } from "../../../src/vault/bag/storage.ts";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { BULK, BULK_EVERY, ITEMS, itemKey } from "./crash-rules.ts";
import { RecordingLogger } from "../../support/logger.ts";

const tasks: Record<string, (bag: DataBag) => Promise<void>> = {
  /** Keeps the file until stdin ends. */
  async hold() {
    report("open");
    await Bun.stdin.text();
  },

  /** Numbered updates for ever; after each confirmed flush, the number of the last one. */
  async count(bag) {
    for (let number = Number(bag.get("number") ?? 0) + 1; ; number++) {
      bag.set("number", number);
      bag.set(itemKey(number), { number, payload: new Map([["text", "x".repeat((number * 37) % 3000)]]) });
      bag.delete(itemKey(number + ITEMS / 2));
      if (number % BULK_EVERY === 0) for (let place = 0; place < BULK; place++) bag.set(`bulk ${place}`, number);
      if (number % 3 !== 0) continue;
      await bag.flush();
      report(`${number}`);
    }
  },

  /** Writes more and more until the store refuses. */
  async fill(bag) {
    for (let number = 0; number < 10_000; number++) {
      bag.set(`filler ${number}`, "x".repeat(20_000));
      await bag.flush();
      report(`${number}`);
    }
  },
};

function report(line: string): void {
  writeSync(1, `${line}\n`);
}

const [task = "", file = ""] = process.argv.slice(2);
try {
  // The interval is short, so that flushes on time and on demand meet.
  const storage = await BagStorage.open({ store: sqliteStore(file), flushInterval: 2, logger: new RecordingLogger() });
  const transaction = storage.begin(new Map());
  await transaction.prepare();
  transaction.commit();
  await tasks[task]?.(transaction.bag);
  await storage.close();
} catch (error) {
  report(error instanceof HotswapError ? `${error.code} ${error.message}` : Bun.inspect(error));
  // Not process.exit: what cannot be flushed must not keep the process either.
  process.exitCode = 1;
}
