// Usage: bun run soak:members [-- --members N]
//
// A thousand members in one process: the real code of members and the real PostgreSQL, with swappers that do nothing. Counts
// the operations of the store while the fleet idles and in one rollout (rule F7).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  Fleet,
  type FleetMember,
  type FleetStore,
  type FleetSwapper,
  joinFleet,
  postgresFleet,
  publish,
} from "hotswap/fleet";
import { startPostgres } from "../fleet/engines/engine.ts";
import { RecordingLogger } from "../support/logger.ts";
import { createProject } from "../support/project.ts";
import { soakPlugin } from "../fleet/soak/host-options.ts";

const { values } = parseArgs({ options: { members: { type: "string" } } });
const count = Number(values.members ?? 1000);
if (!Number.isInteger(count) || count < 1)
  throw new RangeError(`--members must be a whole number, not ${values.members}`);

/** Members that share connections. */
const PER_STORE = 100;
const HEARTBEAT = 10_000;

const operations = new Map<string, number>();

/** Counts each call of an operation. */
function counting(store: FleetStore): FleetStore {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name === "open" || typeof name === "symbol") return value.bind(target);
      return (...args: unknown[]) => {
        operations.set(name, (operations.get(name) ?? 0) + 1);
        return value.apply(target, args);
      };
    },
  });
}

function counted(): string {
  const rows = Array.from(operations).toSorted(([one], [other]) => (one < other ? -1 : 1));
  const sum = rows.reduce((total, [, number]) => total + number, 0);
  return `${sum} (${rows.map(([name, number]) => `${name} ${number}`).join(", ")})`;
}

class IdleSwapper implements FleetSwapper {
  readonly trust = undefined;
  readonly logger = new RecordingLogger();
  readonly current = {};
  pluginDir: string;

  constructor(pluginDir: string) {
    this.pluginDir = pluginDir;
  }

  async prepareFrom(folder: string) {
    const commit = async (): Promise<void> => void (this.pluginDir = folder);
    return { commit, abort: async () => {} };
  }

  metrics() {
    return { generations: [], errors: [] };
  }
}

await using engine = await startPostgres();
await using project = await createProject();
await project.write({ "plugin/alpha/index.ts": soakPlugin(1) });
await project.build("alpha");
const folder = await mkdtemp(join(tmpdir(), "hotswap-members-"));
await using ended = new AsyncDisposableStack();
ended.defer(() => rm(folder, { recursive: true, force: true }));
const fleet = new Fleet(ended.use(postgresFleet(engine.url)), "many");
await publish(fleet, project.out);
const members: FleetMember[] = [];
const logs: RecordingLogger[] = [];
for (let first = 0; first < count; first += PER_STORE) {
  const store = counting(ended.use(postgresFleet(engine.url)));
  const joined = Array.from({ length: Math.min(PER_STORE, count - first) }, (_, index) => {
    const swapper = new IdleSwapper(folder);
    logs.push(swapper.logger);
    return joinFleet(swapper, { store, fleet: "many", id: `m${first + index}`, heartbeat: HEARTBEAT });
  });
  members.push(...(await Promise.all(joined)));
}
ended.defer(async () => void (await Promise.all(members.map((member) => member.leave()))));
console.log(`${members.length} members joined: ${counted()}`);

await Bun.sleep(HEARTBEAT * 1.5);
operations.clear();
await Bun.sleep(HEARTBEAT * 3);
console.log(`idle for 3 heartbeats: ${counted()}`);
const idle = Array.from(operations.values()).reduce((sum, number) => sum + number, 0);

operations.clear();
const start = performance.now();
await fleet.roll(1);
while ((await fleet.now()).rollout !== null) await Bun.sleep(20);
const decided = performance.now() - start;
while (members.some(({ release }) => release !== 1)) await Bun.sleep(20);
console.log(
  `rollout: decided after ${decided.toFixed(0)} ms, run by all after ${(performance.now() - start).toFixed(0)} ms`,
);
await Bun.sleep(HEARTBEAT / 5);
const rolled = Array.from(operations.values()).reduce((sum, number) => sum + number, 0);
console.log(`rollout: ${counted()}; ${(rolled / count).toFixed(1)} a member`);
const problems = logs.flatMap((log) => log.of("error").concat(log.of("warn")));
if (problems.length > 0) console.log(`${problems.length} problems, such as ${problems[0]}`);
// Beats are spread by a tenth, so that three heartbeats may hold a few more.
const isIdleCheap = idle <= count * 3 * 1.15;
if (!isIdleCheap) console.error(`FAILED: ${idle} questions of ${count} idle members in 3 heartbeats`);
console.log(isIdleCheap && problems.length === 0 ? "passed" : "failed");
process.exitCode = isIdleCheap && problems.length === 0 ? 0 : 1;
