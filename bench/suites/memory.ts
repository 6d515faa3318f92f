import { join } from "node:path";
import { Folder } from "../harness/folder.ts";
import { absence, type Peer, peers, startPeer } from "../harness/peers.ts";
import { heavyEntry } from "../harness/source.ts";
import { ratio, show, slope } from "../harness/statistics.ts";
import { less, type Run, type Section } from "../report/section.ts";

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
  readonly middle: number;
  readonly last: number;
  /** Bytes of objects that the engine holds, from a fifth of the reloads to the end; of the product only. */
  readonly heap: readonly [first: number, last: number] | undefined;
  /** MB, from a fifth of the reloads on. */
  readonly samples: readonly number[];
}

/** The product as it is, with every call counted, under `hotswap dev`, and as the only member of a fleet; with how many reloads each. */
const MODES = { plain: 10_000, observed: 10_000, dev: 10_000, fleet: 1000 } as const;

type Mode = keyof typeof MODES;

interface Samples {
  readonly reloads: number[];
  readonly resident: number[];
  readonly heap?: number[];
}

/** Growth of resident memory with each reload of a changed plugin of 50 KB that fills 1 MiB when it is evaluated. */
export async function memory(run: Run): Promise<Section> {
  const absent: string[] = [];
  const subjects: Promise<Growth | undefined>[] = Object.keys(MODES).map((mode) => product(mode as Mode, run));
  for (const peer of peers) {
    const reason = absence(peer) ?? (peer.restarts ? `${peer.name}: each reload is a new process` : undefined);
    if (reason === undefined) subjects.push(ofPeer(peer, run, absent));
    else absent.push(reason);
  }
  const growths = (await Promise.all(subjects)).filter((measured) => measured !== undefined);
  const ours = growths.filter(({ name }) => name.startsWith("hotswap"));
  return {
    title: "Memory",
    method:
      "A plugin of 50 KB of source that fills 1 MiB of state, changed before each reload. Resident memory is read after a full garbage collection; the growth is the slope after the first fifth of the reloads. All systems run at the same time. hotswap runs with freeDelay 0 and leakAfter 1 s, since thousands of reloads a minute would else measure how many old generations wait for their time to come. `dev` is a save that the host's own process builds, as under `hotswap dev`.",
    tables: [
      {
        title: "Resident memory kept by each reload",
        columns: [
          "system",
          "reloads",
          "KB a reload",
          "MB after a fifth",
          "MB in the middle",
          "MB at the end",
          "heap, MB",
        ],
        rows: growths.map(({ name, reloads, perReload, first, middle, last, heap }) => [
          name,
          show(reloads),
          show(perReload / 1024),
          show(first / 2 ** 20),
          show(middle / 2 ** 20),
          show(last / 2 ** 20),
          heap?.map((bytes) => show(bytes / 2 ** 20)).join(" to ") ?? "",
        ]),
      },
    ],
    goals: ours.map(({ name, perReload, reloads, first, last }) => ({
      goal: `Memory, ${name}: under 1 KB of resident memory a reload`,
      met: perReload < GOAL,
      measured: `${show(perReload / 1024)} KB over ${show(reloads)} reloads`,
      reason: `${ratio(perReload, GOAL)} the goal; resident memory went from ${show(first / 2 ** 20)} to ${show(last / 2 ** 20)} MB`,
    })),
    absent,
    charts: [
      {
        title: "Memory kept by each reload",
        unit: "KB",
        // What shrinks or stays is drawn as the smallest bar.
        bars: growths.map(({ name, perReload }) => ({
          label: name,
          value: Math.max(perReload / 1024, 0.1),
          ours: name.startsWith("hotswap"),
        })),
      },
    ],
    figures: ours.map(({ name, samples }) => less(`${name}: resident memory`, "MB", samples)),
  };
}

async function product(mode: Mode, run: Run): Promise<Growth> {
  const reloads = run.quick ? 50 : MODES[mode];
  using folder = new Folder();
  folder.write({ "package.json": `{ "type": "module" }` });
  folder.useHotswap();
  const script = join(import.meta.dir, "..", "product", "memory.ts");
  const child = Bun.spawn([process.execPath, script, String(reloads), mode], { cwd: folder.root, stderr: "inherit" });
  const output = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error("the host of the product failed");
  const name = mode === "plain" ? "hotswap" : `hotswap, ${mode}`;
  run.log(`${name}: ${reloads} reloads`);
  return growth(name, JSON.parse(output) as Samples);
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

function growth(name: string, { reloads, resident, heap }: Samples): Growth {
  const start = Math.floor(reloads.length / 5);
  return {
    name,
    reloads: reloads.at(-1) ?? 0,
    perReload: slope(reloads.slice(start), resident.slice(start)),
    first: resident[start] ?? Number.NaN,
    middle: resident[resident.length >> 1] ?? Number.NaN,
    last: resident.at(-1) ?? Number.NaN,
    heap: heap && [heap[start] ?? Number.NaN, heap.at(-1) ?? Number.NaN],
    samples: resident.slice(start).map((bytes) => bytes / 2 ** 20),
  };
}
