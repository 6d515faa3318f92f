// The product's host in vault: `vault.ts ROUNDS ENTRIES BATCH` prints ns (calls), rows a second (flush) and ms
// (reloads) as JSON.
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { do_not_optimize, measure } from "mitata";
import { build } from "../../src/build/index.ts";
import { PluginManagerSwapper, sqliteStore, wrap } from "../../src/index.ts";
import { numbered, Stamp } from "../harness/stamp.ts";
import { alternate, median } from "../harness/statistics.ts";

const [rounds, entries, batch] = process.argv.slice(2).map(Number) as [number, number, number];
const root = process.cwd();
const quiet = { debug() {}, info() {}, warn: console.error, error: console.error };
const mark = (number: number): string => numbered("mark", number);
const outputDir = join(root, "bin");
const pluginDir = join(root, "plugin");
await Bun.write(
  join(pluginDir, "index.ts"),
  `import { definePlugin } from "hotswap";
export default definePlugin({ functions: { handle: () => "${mark(0)}" } });
`,
);
const { file } = await build({ pluginDir, outputDir });
const stamp = await Stamp.of(file, mark(0));
let version = 0;

async function openSwapper(store?: string): Promise<PluginManagerSwapper> {
  const vault = store === undefined ? {} : { vault: { store: sqliteStore(store) } };
  const swapper = new PluginManagerSwapper(outputDir, { logger: quiet, root, freeDelay: 0, ...vault });
  await swapper.loadPlugins();
  return swapper;
}

function bagOf(swapper: PluginManagerSwapper) {
  if (swapper.current === undefined) throw new Error("nothing is loaded");
  return swapper.current.vault.dataBag;
}

const player = { id: 7, name: "Ada", position: { x: 1.5, y: -2, z: 0 }, items: ["sword", "lamp"], alive: true };
const values: Record<string, unknown> = {
  "a number": 42,
  "an object of 8 fields": player,
  "1,000 such objects": Array.from({ length: 1000 }, (_, id) => ({ ...player, id, position: { ...player.position } })),
};

/** ns of each way, by value. */
async function compare(ways: Record<string, () => unknown>): Promise<Record<string, number>> {
  const subjects = Object.entries(ways).map(([name, call]) => ({ name, call, times: [] as number[] }));
  await alternate(subjects, rounds + 1, async ({ call, times }, round) => {
    const { p50 } = await measure(() => do_not_optimize(call()), { min_cpu_time: 30e6, max_samples: 10_000 });
    if (round > 0) times.push(p50);
  });
  return Object.fromEntries(subjects.map(({ name, times }) => [name, median(times)]));
}

async function compareBag(): Promise<Record<string, Record<string, number>>> {
  const swapper = await openSwapper();
  const bag = bagOf(swapper);
  const result: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(values)) {
    const map = new Map<string, unknown>([["key", value]]);
    bag.set("key", value);
    result[name] = await compare({
      "dataBag.set": () => bag.set("key", value),
      "Map.set": () => map.set("key", value),
      "Map.set + structuredClone": () => map.set("key", structuredClone(value)),
      "dataBag.get": () => bag.get("key"),
      "Map.get": () => map.get("key"),
      "Map.get + structuredClone": () => structuredClone(map.get("key")),
    });
  }
  await swapper.close();
  return result;
}

async function compareLiveData(): Promise<Record<string, Record<string, number>>> {
  const result: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(values)) {
    const wrapped = wrap(value);
    result[name] = await compare({
      "wrap + unwrap": () => wrap(value).unwrap(),
      "structuredClone, twice": () => structuredClone(structuredClone(value)),
      "JSON.stringify + JSON.parse": () => JSON.parse(JSON.stringify(value)),
      wrap: () => wrap(value),
      unwrap: () => wrapped.unwrap(),
    });
  }
  return result;
}

/** Rows a second: a batch of keys set and flushed, and the same rows by hand in one transaction; then one key at a time. */
async function compareFlush(): Promise<Record<string, number>> {
  const swapper = await openSwapper(join(root, "bag.sqlite"));
  const bag = bagOf(swapper);
  using database = new Database(join(root, "raw.sqlite"));
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("CREATE TABLE bag (key TEXT PRIMARY KEY, value TEXT NOT NULL)");
  const insert = database.prepare("INSERT OR REPLACE INTO bag VALUES (?, ?)");
  const insertAll = database.transaction((count: number, round: number) => {
    for (let index = 0; index < count; index++) insert.run(`key${index}`, JSON.stringify({ ...player, id: round }));
  });
  const times: Record<string, number[]> = { bag: [], raw: [], "bag, one by one": [], "raw, one by one": [] };
  const single = Math.min(100, batch);
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    for (let index = 0; index < batch; index++) bag.set(`key${index}`, { ...player, id: round });
    await bag.flush();
    const flushed = performance.now();
    insertAll(batch, round);
    const inserted = performance.now();
    for (let index = 0; index < single; index++) {
      bag.set(`key${index}`, { ...player, id: -round });
      await bag.flush();
    }
    const flushedEach = performance.now();
    for (let index = 0; index < single; index++) insertAll(1, round);
    const insertedEach = performance.now();
    if (round === 0) continue;
    times["bag"]?.push((1000 * batch) / (flushed - start));
    times["raw"]?.push((1000 * batch) / (inserted - flushed));
    times["bag, one by one"]?.push((1000 * single) / (flushedEach - inserted));
    times["raw, one by one"]?.push((1000 * single) / (insertedEach - flushedEach));
  }
  await swapper.close();
  return Object.fromEntries(Object.entries(times).map(([name, rates]) => [name, median(rates)]));
}

/** Milliseconds of a reload of the changed plugin, with an empty bag and a full one. */
async function compareReload(): Promise<Record<string, number>> {
  const result: Record<string, number> = {};
  for (const count of [0, entries]) {
    const swapper = await openSwapper();
    const bag = bagOf(swapper);
    for (let index = 0; index < count; index++) bag.set(`key${index}`, index);
    const times: number[] = [];
    for (let round = 0; round < 2 * rounds + 2; round++) {
      stamp.publish("plugin", mark(++version));
      const start = performance.now();
      await swapper.reload();
      if (round > 1) times.push(performance.now() - start);
      if (swapper.current?.findPlugin("plugin")?.invokeFunc("handle") !== mark(version))
        throw new Error("not reloaded");
      if (bagOf(swapper).size !== count) throw new Error(`the bag holds ${bagOf(swapper).size} entries, not ${count}`);
    }
    result[String(count)] = median(times);
    await swapper.close();
  }
  return result;
}

const result = {
  bag: await compareBag(),
  liveData: await compareLiveData(),
  flush: await compareFlush(),
  reload: await compareReload(),
};
process.stdout.write(JSON.stringify(result));
process.exit(0);
