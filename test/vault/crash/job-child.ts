/**
 * A process that adds and runs jobs for ever, for tests that kill it: `bun job-child.ts <file> <round>`. It reports
 * `added` with the ids whose flush was confirmed, and `ran` with the id of a job as it runs.
 */
import { writeSync } from "node:fs";
import type { JobInfo } from "../../../src/jobs/job.ts";
import { JobQueue } from "../../../src/jobs/job-queue.ts";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { SetSource } from "../../jobs/job-source.ts";
import { RecordingLogger } from "../../support/logger.ts";

const [file = "", round = ""] = process.argv.slice(2);
const failedOnce = new Set<string>();
const source = new SetSource();
source.load({
  funcs: {
    live_work(_value: unknown, { id }: JobInfo) {
      // Written at once: a job must not leave the store before it is known that it ran.
      writeSync(1, `ran ${id}\n`);
      if (id.endsWith("7") && !failedOnce.has(id)) {
        failedOnce.add(id);
        throw new Error("once is not enough");
      }
    },
  },
});

const options = {
  store: sqliteStore(file),
  flushInterval: 2,
  backoff: () => 5,
  attempts: 1000,
  logger: new RecordingLogger(),
};
const queue = new JobQueue(source, options);
for (let number = 0; ; number += 3) {
  const ids = [number, number + 1, number + 2].map((each) => `${round}.${each}`);
  for (const id of ids) queue.add("live_work", { id }, { id, delay: (number * 7) % 20 });
  await queue.flush();
  writeSync(1, `added ${ids.join(" ")}\n`);
  await queue.tick(2);
}
