import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Child } from "../support/child.ts";
import { createProject } from "../support/project.ts";
import { DevEdits, randomFrom } from "./dev-edits.ts";

/** A server that says what its plugins say. */
const host = `
import { PluginManagerSwapper } from "hotswap";
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const swapper = new PluginManagerSwapper("bin", { freeDelay: 0, logger: quiet });
const states = () => Object.fromEntries(swapper.current?.plugins.map((plugin) => [plugin.name, plugin.invokeFunc("state")]) ?? []);
process.on("SIGTERM", async () => { await swapper.close(); process.exit(); });
const server = Bun.serve({ port: 0, fetch: () => Response.json({ pid: process.pid, states: states() }) });
await Bun.write("port", String(server.port));
await swapper.loadPlugins();
`;

/** How long the server may take to answer what a fresh one does, in ms: it may have to start in between. */
const PATIENCE = 30_000;

/** What a soak found. */
export interface SoakResult {
  readonly edits: number;
  readonly comparisons: number;
  readonly restarts: number;
  readonly problems: readonly string[];
}

/**
 * Edits a project in bursts for so many seconds; after each, the server must answer what a fresh build and a fresh host do.
 *
 * @param rest the longest pause after a comparison, in ms; the pauses are drawn from the seed as well
 */
export async function soakDev(
  seconds: number,
  seed: number,
  say: (line: string) => void,
  rest = 0,
): Promise<SoakResult> {
  const random = randomFrom(seed);
  await using project = await createProject({ "host.ts": host });
  copyFileSync(join(import.meta.dir, "dev-fresh.ts"), project.path("fresh.ts"));
  const edits = new DevEdits(project.root, random);
  edits.begin();
  const main = join(import.meta.dir, "..", "..", "cli", "main.ts");
  const words = ["dev", "plugin/*", "--out", "bin", "--", process.execPath, "host.ts"];
  await using dev = new Child([process.execPath, main, ...words], { cwd: project.root });
  await dev.errorLine(/ready/);
  const end = performance.now() + seconds * 1000;
  const problems: string[] = [];
  const pids = new Set<number>();
  let [count, comparisons, reported] = [0, 0, performance.now()];
  while (performance.now() < end && problems.length === 0) {
    const done: string[] = [];
    for (let left = 1 + Math.floor(random() * 10); left > 0; left--) {
      done.push(edits.next());
      await Bun.sleep(1 + random() * 60);
    }
    if (random() < 0.4) edits.mend();
    const expected = await freshStates(project.root);
    count += done.length;
    const answer = await settles(project.path("port"), expected);
    comparisons++;
    if (answer.pid !== undefined) pids.add(answer.pid);
    if (answer.problem !== undefined) {
      problems.push(
        `seed ${seed}, after ${done.join(", ")}: ${answer.problem}\n${dev.stderr.slice(-4000)}\n${dev.stdout.slice(-2000)}`,
      );
    }
    if (performance.now() - reported > 10_000) {
      reported = performance.now();
      say(`${count} edits, ${comparisons} comparisons, ${pids.size} hosts, ${rssOf(answer.pid)} MB`);
    }
    const pause = random() * rest;
    if (pause > 0) await Bun.sleep(pause);
  }
  dev.kill("SIGTERM");
  await dev.exit();
  return { edits: count, comparisons, restarts: pids.size - 1, problems };
}

async function freshStates(root: string): Promise<Record<string, unknown>> {
  await using child = new Child([process.execPath, "fresh.ts"], { cwd: root });
  const code = await child.exit();
  if (code !== 0) throw new Error(`a fresh host failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as Record<string, unknown>;
}

/** Asks the server until it answers what is expected. */
async function settles(
  portFile: string,
  expected: Record<string, unknown>,
): Promise<{ pid?: number; problem?: string }> {
  const deadline = performance.now() + PATIENCE;
  let last = "no answer";
  while (performance.now() < deadline) {
    try {
      const port = readFileSync(portFile, "utf8");
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) });
      const { pid, states } = (await response.json()) as { pid: number; states: Record<string, unknown> };
      if (isAsExpected(states, expected)) return { pid };
      last = JSON.stringify(states);
    } catch (error) {
      last = String(error);
    }
    await Bun.sleep(10);
  }
  return { problem: `expected ${JSON.stringify(expected)}, got ${last}` };
}

/**
 * What can be built is live as it is. Of what cannot, an older version may be; a host that was started since then waits for it to be
 * mended.
 */
function isAsExpected(states: Record<string, unknown>, expected: Record<string, unknown>): boolean {
  const broken = Object.keys(expected).filter((name) => expected[name] === "cannot be built");
  if (broken.length > 0 && Object.keys(states).length === 0) return true;
  const [now, fresh] = [{ ...states }, { ...expected }];
  for (const name of broken) {
    delete now[name];
    delete fresh[name];
  }
  return Bun.deepEquals(now, fresh);
}

function rssOf(pid: number | undefined): number | undefined {
  try {
    const [, kb] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Math.round(Number(kb) / 1024);
  } catch {
    return undefined;
  }
}
