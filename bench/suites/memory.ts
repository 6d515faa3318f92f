import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { absence, type Peer, peers, startPeer } from "../harness/peers.ts";
import { heavyEntry } from "../harness/source.ts";
import { ratio, show, slope } from "../harness/statistics.ts";
import type { Run, Section } from "../report/section.ts";

/** Bytes of resident memory that a reload may keep. */
const GOAL = 1024;
/** chokidar loses an edit that follows another of the same file within 50 ms; the tools that use it get this rest. */
const REST = 60;

interface Growth {
  readonly name: string;
  readonly reloads: number;
  /** Bytes of resident memory kept by one reload: the slope after the first fifth of the reloads. */
  readonly perReload: number;
  readonly first: number;
  readonly last: number;
}

interface Samples {
  readonly reloads: number[];
  readonly resident: number[];
}

/** Growth of resident memory with each reload of a changed plugin of 50 KB that fills 1 MiB when it is evaluated. */
export async function memory(run: Run): Promise<Section> {
  const absent: string[] = [];
  const subjects: Promise<Growth | undefined>[] = [product(run)];
  for (const peer of peers) {
    const reason = absence(peer) ?? (peer.restarts ? `${peer.name}: each reload is a new process` : undefined);
    if (reason === undefined) subjects.push(ofPeer(peer, run, absent));
    else absent.push(reason);
  }
  const growths = (await Promise.all(subjects)).filter((measured) => measured !== undefined);
  const [ours] = growths;
  if (ours === undefined) throw new Error("the product was not measured");
  return {
    title: "Memory",
    method:
      "A plugin of 50 KB of source that fills 1 MiB of state, changed before each reload. Resident memory is read after a full garbage collection; the growth is the slope after the first fifth of the reloads. All systems run at the same time. hotswap runs with freeDelay 0 and leakAfter 1 s, since thousands of reloads a minute would else measure how many old generations wait for their time to come.",
    tables: [
      {
        title: "Resident memory kept by each reload",
        columns: ["system", "reloads", "KB a reload", "MB after a fifth", "MB at the end"],
        rows: growths.map(({ name, reloads, perReload, first, last }) => [
          name,
          show(reloads),
          show(perReload / 1024),
          show(first / 2 ** 20),
          show(last / 2 ** 20),
        ]),
      },
    ],
    goals: [
      {
        goal: "Memory: under 1 KB of resident memory a reload",
        met: ours.perReload < GOAL,
        measured: `${show(ours.perReload / 1024)} KB over ${show(ours.reloads)} reloads`,
        reason: `${ratio(ours.perReload, GOAL)} the goal; resident memory went from ${show(ours.first / 2 ** 20)} to ${show(ours.last / 2 ** 20)} MB`,
      },
    ],
    absent,
    charts: [
      {
        title: "Memory kept by each reload",
        unit: "KB",
        // What shrinks or stays is drawn as the smallest bar.
        bars: growths.map(({ name, perReload }) => ({
          label: name,
          value: Math.max(perReload / 1024, 0.1),
          ours: name === ours.name,
        })),
      },
    ],
    figures: [],
  };
}

/** 10,000 reloads unless `RELOADS` says otherwise. */
async function product(run: Run): Promise<Growth> {
  const reloads = Number(process.env.RELOADS ?? (run.quick ? 200 : 10_000));
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(import.meta.dir, "..", "product", "memory.ts");
  const child = Bun.spawn([process.execPath, script, String(reloads)], { cwd: folder.root, stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("the host of the product failed");
  run.log(`hotswap: ${reloads} reloads`);
  return growth("hotswap", JSON.parse(output) as Samples);
}

async function ofPeer(peer: Peer, run: Run, absent: string[]): Promise<Growth | undefined> {
  const reloads = run.quick ? 20 : peer.slow ? 60 : 200;
  const rest = peer.needs.length === 0 ? 0 : REST;
  const path = `plugin/index.${peer.language}`;
  const source = (mark: number): string => heavyEntry({ language: peer.language, definition: false }, String(mark));
  const samples: Samples = { reloads: [], resident: [] };
  using folder = new Folder();
  folder.write({ [path]: source(0) });
  try {
    await using host = await startPeer(peer, folder);
    for (let mark = 1; mark <= reloads; mark++) {
      const seen = await host.untilSeen(() => folder.write({ [path]: source(mark) }), `${mark}:`);
      if (seen === undefined) throw new Error(`reload ${mark} was never seen`);
      if (rest > 0) await Bun.sleep(rest);
      if (mark % Math.ceil(reloads / 50) !== 0) continue;
      samples.reloads.push(mark);
      samples.resident.push(Number(await host.ask("/memory")));
    }
  } catch (error) {
    absent.push(`${peer.name}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  run.log(`${peer.name}: ${reloads} reloads`);
  return growth(peer.name, samples);
}

function growth(name: string, { reloads, resident }: Samples): Growth {
  const start = Math.floor(reloads.length / 5);
  return {
    name,
    reloads: reloads.at(-1) ?? 0,
    perReload: slope(reloads.slice(start), resident.slice(start)),
    first: resident[start] ?? Number.NaN,
    last: resident.at(-1) ?? Number.NaN,
  };
}
