import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { BagStorage } from "../../../src/vault/bag/storage.ts";
import type { JobInfo } from "../../../src/jobs/job.ts";
import { JobQueue } from "../../../src/jobs/job-queue.ts";
import { sqliteStore } from "../../../src/vault/store/sqlite-store.ts";
import { BULK, BULK_EVERY, ITEMS, itemKey } from "./crash-rules.ts";
import { SetSource } from "../../jobs/job-source.ts";
import { RecordingLogger } from "../../support/logger.ts";

/** Starts `script` of this folder as a process of its own; its stdout is piped. */
export function startChild(script: string, ...args: string[]) {
  return start(commandOf(script, ...args));
}

/** Starts any command in the same way. */
export function start(command: string[]) {
  return Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
}

export function commandOf(script: string, ...args: string[]): string[] {
  return [process.execPath, join(import.meta.dir, script), ...args];
}

/** What a child reported, line by line, until it ended. */
export async function* linesOf(child: { readonly stdout: ReadableStream<Uint8Array> }): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    // A line that is not finished was not reported.
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/**
 * Lets a child work on `file` and kills it with SIGKILL at a random moment: sometimes while it starts, mostly after
 * some reports. Returns everything that it reported.
 */
export async function runAndKill(script: string, ...args: string[]): Promise<string[]> {
  await using child = startChild(script, ...args);
  const kill = (): void => child.kill("SIGKILL");
  const lines: string[] = [];
  const wanted = Math.random() < 0.2 ? 0 : 1 + Math.floor(Math.random() * 40);
  const early = wanted === 0 ? setTimeout(kill, Math.random() * 120) : undefined;
  for await (const line of linesOf(child)) {
    lines.push(line);
    if (lines.length === wanted) setTimeout(kill, Math.random() * 4);
  }
  clearTimeout(early);
  await child.exited;
  if (child.signalCode !== "SIGKILL") throw new Error(`the child ended by itself: ${lines.at(-1) ?? "without a word"}`);
  return lines;
}

/** Throws unless SQLite finds the file intact, a rolled back or recovered log included. */
export function checkFile(file: string): void {
  if (!existsSync(file)) return;
  using database = new Database(file);
  const found = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
  if (found[0]?.integrity_check !== "ok") throw new Error(`integrity check: ${JSON.stringify(found)}`);
}

/**
 * Kills a counting child `rounds` times, always on the same file, and checks after each: every confirmed update is
 * there, and what is there is exactly the state after one update, so no batch was torn. Returns how many updates there
 * were in the end.
 */
export async function crashBag(file: string, rounds: number): Promise<number> {
  let last = 0;
  for (let round = 0; round < rounds; round++) {
    const confirmed = Number((await runAndKill("bag-child.ts", "count", file)).at(-1) ?? last);
    checkFile(file);
    const found = await readCount(file);
    if (found < confirmed) throw new Error(`update ${confirmed} was confirmed, after the kill there is ${found}`);
    last = found;
  }
  return last;
}

async function readCount(file: string): Promise<number> {
  const storage = await BagStorage.open({ store: sqliteStore(file), logger: new RecordingLogger() });
  try {
    const { bag } = storage.begin(new Map());
    const number = Number(bag.get("number") ?? 0);
    for (let place = 0; place < ITEMS; place++) {
      const age = (((number - place) % ITEMS) + ITEMS) % ITEMS;
      const written = number - age;
      const expected = age < ITEMS / 2 && written > 0 ? written : undefined;
      const item = bag.get(itemKey(place)) as { number: number; payload: Map<string, string> } | undefined;
      if (item?.number !== expected || (item && item.payload.get("text")?.length !== (item.number * 37) % 3000)) {
        throw new Error(
          `torn: at update ${number} item ${place} is ${Bun.inspect(item?.number)}, expected ${Bun.inspect(expected)}`,
        );
      }
    }
    const bulk = Math.floor(number / BULK_EVERY) * BULK_EVERY || undefined;
    for (let place = 0; place < BULK; place++) {
      const found = bag.get(`bulk ${place}`);
      if (found !== bulk) throw new Error(`torn: at update ${number} bulk ${place} is ${Bun.inspect(found)}`);
    }
    return number;
  } finally {
    await storage.close();
  }
}

/**
 * Kills a child that adds and runs jobs `rounds` times, always on the same file, and throws unless in the end every job
 * whose flush was confirmed ran at least once. Returns how many those were.
 */
export async function crashJobs(file: string, rounds: number): Promise<number> {
  const added = new Set<string>();
  const ran = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    for (const line of await runAndKill("job-child.ts", file, `${round}`)) {
      const [event, ...ids] = line.split(" ");
      for (const id of ids) (event === "added" ? added : ran).add(id);
    }
    checkFile(file);
  }
  await runRest(file, ran);
  const lost = added.difference(ran);
  if (lost.size > 0)
    throw new Error(`${lost.size} of ${added.size} jobs were lost, such as ${[...lost].slice(0, 3).join(", ")}`);
  return added.size;
}

async function runRest(file: string, ran: Set<string>): Promise<void> {
  const source = new SetSource();
  source.load({ funcs: { live_work: (_value: unknown, { id }: JobInfo) => void ran.add(id) } });
  const options = { store: sqliteStore(file), logger: new RecordingLogger(), now: () => Date.now() + 3_600_000 };
  await using queue = new JobQueue(source, options);
  await queue.ready();
  while (queue.size > 0) await queue.tick();
  if (queue.dead.length > 0) throw new Error(`jobs died: ${queue.dead[0]?.error}`);
}
