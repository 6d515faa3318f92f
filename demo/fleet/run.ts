// Starts four workers on one port, which agree through a database, and rolls three releases under load: one that is good, one that
// a worker refuses, and one that misbehaves on its canary. `--store postgres://…` or `redis://…` in place of an SQLite file.
// Fails when a request failed, or when what is served is not what was decided.
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "hotswap/build";
import { Fleet, fleetStore, isOver, publish, type Rollout, type RollOptions } from "hotswap/fleet";
import { Load } from "./load.ts";

const { values } = parseArgs({ options: { store: { type: "string" } } });
const folder = await mkdtemp(join(tmpdir(), "hotswap-demo-fleet-"));
const place = values.store ?? join(folder, "fleet.db");
const workers = ["worker-1", "worker-2", "worker-3", "worker-4"];
const port = await freePort();

await buildRelease(0, "good", join(folder, "plugins"));
const children = workers.map((worker) =>
  Bun.spawn([process.execPath, join(import.meta.dir, "worker.ts"), join(folder, "plugins")], {
    env: { ...process.env, FLEET_STORE: place, FLEET_WORKER: worker, PORT: String(port) },
    stdout: "pipe",
  }),
);

try {
  await Promise.all(children.map((child) => firstOutput(child.stdout)));
  console.log(
    `four workers on port ${port} agree through ${values.store === undefined ? "SQLite" : "the given store"}\n`,
  );
  await using store = fleetStore(place);
  const fleet = new Fleet(store, "demo");
  let agreed = true;
  {
    await using load = new Load(`http://127.0.0.1:${port}/`);
    await load.more(200);
    console.log(`before, each with what lies in its folder:\n${load.take()}\n`);

    const good = await roll(fleet, 1, "good");
    await load.more(200);
    load.take();
    await load.more(400);
    const refusal = good.failure === undefined ? "" : `, ${why(good)}`;
    console.log(`after a good release: ${good.state.is}${refusal}\n${load.take()}\n`);
    agreed &&= good.state.is === "committed" && (await runEverywhere(fleet, good.release));

    const refused = await roll(fleet, 2, "refuses on worker-3");
    await load.more(400);
    console.log(`after one that worker-3 refuses: ${refused.state.is}, ${why(refused)}\n${load.take()}\n`);
    agreed &&= refused.state.is === "aborted" && (await runEverywhere(fleet, good.release));

    const bad = await roll(fleet, 3, "misbehaves", { steps: [{ count: 1 }], watch: 5000, maxErrors: 0 });
    await load.more(400);
    console.log(`after one whose canary misbehaves: ${bad.state.is}, ${why(bad)}\n${load.take()}\n`);
    agreed &&= bad.state.is === "went back" && (await runEverywhere(fleet, good.release));

    console.log(`requests: ${load.served} served, ${load.failed} failed`);
    agreed &&= load.failed === 0;
  }
  console.log(agreed ? "every worker runs what was decided" : "something is not as it was decided");
  process.exitCode = agreed ? 0 : 1;
} finally {
  for (const child of children) child.kill();
  await Promise.all(children.map((child) => child.exited));
  await rm(folder, { recursive: true, force: true });
}

async function buildRelease(release: number, temper: string, outputDir: string): Promise<void> {
  const define = (name: string, value: unknown): string[] => ["--define", `${name}=${JSON.stringify(value)}`];
  await build({
    pluginDir: join(import.meta.dir, "plugin", "greeter"),
    outputDir,
    buildFlags: [...define("RELEASE", release), ...define("TEMPER", temper)],
  });
}

/** Builds, publishes and rolls a release, and waits for the end of it. */
async function roll(fleet: Fleet, release: number, temper: string, options: RollOptions = {}): Promise<Rollout> {
  const artifacts = join(folder, `release-${release}`);
  await buildRelease(release, temper, artifacts);
  const { number } = await publish(fleet, artifacts, { note: temper });
  const { id } = await fleet.roll(number, options);
  for (;;) {
    const rollout = await fleet.rollout(id);
    if (rollout !== undefined && isOver(rollout)) return rollout;
    await Bun.sleep(50);
  }
}

/** Whether every member says that it runs this release; waits for those that are about to. */
async function runEverywhere(fleet: Fleet, release: number): Promise<boolean> {
  for (const end = performance.now() + 10_000; performance.now() < end; await Bun.sleep(50)) {
    const { members } = await fleet.status();
    if (members.length === workers.length && members.every(({ runs }) => runs === release)) return true;
  }
  return false;
}

function why({ failure }: Rollout): string {
  return failure === undefined
    ? "for no given reason"
    : `because of ${failure.member ?? "the fleet"}: ${failure.message}`;
}

async function firstOutput(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  const { done } = await reader.read();
  reader.releaseLock();
  if (done) throw new Error("a worker ended before it was ready");
}

/** A port that nobody uses. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("there is no free port");
  return address.port;
}
