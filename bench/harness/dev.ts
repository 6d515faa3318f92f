import { readFileSync } from "node:fs";
import { Folder } from "./folder.ts";
import { Host } from "./host.ts";
import { peers, startPeer } from "./peers.ts";
import { median, show } from "./statistics.ts";

/** A system that brings every save into a running server. */
export interface DevSystem {
  readonly name: string;
  /** Whether the plugin's root module has a definition of hotswap's. */
  readonly definition: boolean;
  /** Starts a server in a folder that already holds its `plugin/`; resolves when it answers. */
  readonly start: (folder: Folder) => Promise<Host>;
}

/** `hotswap dev` as users install it: the package is bundled once, in `user`. */
export async function hotswapDev(user: Folder): Promise<DevSystem> {
  const command = await user.installHotswap();
  return {
    name: "hotswap dev",
    definition: true,
    start: (folder) => {
      folder.addHosts("dev.ts", "shared/serve-bun.ts", "shared/memory.js");
      folder.write({ "package.json": `{ "type": "module" }` });
      folder.useModulesOf(user);
      return Host.start({
        name: "hotswap dev",
        command: [process.execPath, command, "dev", "plugin", "--out", "bin", "--", process.execPath, "dev.ts"],
        cwd: folder.root,
      });
    },
  };
}

export function bunHot(): DevSystem {
  const peer = peers.find(({ name }) => name === "bun --hot");
  if (peer === undefined) throw new Error("there is no bun --hot");
  return { name: peer.name, definition: false, start: (folder) => startPeer(peer, folder) };
}

/** MB of resident memory of the server, and of the process that watches over it. */
export async function memoryOf(host: Host, hasSupervisor: boolean): Promise<{ server: number; supervisor: number }> {
  const server = Number(await host.ask("/memory")) / 2 ** 20;
  if (!hasSupervisor) return { server, supervisor: 0 };
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${host.pid}/status`, "utf8")) ?? [];
  return { server, supervisor: Number(kilobytes) / 1024 };
}

/** Milliseconds of the steps from a write until it is live, by what they are called. */
export type Steps = Record<string, number[]>;

/** Adds what the host says of its last reload; returns how long after `wrote` it was live. */
export async function noteSteps(host: Host, wrote: number, steps: Steps): Promise<number> {
  const { liveAt, timings } = JSON.parse((await host.ask("/steps")) ?? "") as {
    liveAt: number;
    timings: Readonly<Record<string, number>>;
  };
  const live = liveAt - wrote;
  let reload = 0;
  for (const [step, ms] of Object.entries(timings)) {
    if (step === "total") continue;
    (steps[step] ??= []).push(ms);
    reload += ms;
  }
  (steps["file event and build"] ??= []).push(live - reload);
  return live;
}

/** The three steps that take longest, in words. */
export function largestSteps(steps: Readonly<Record<string, readonly number[]>>): string {
  return Object.entries(steps)
    .map(([name, times]) => ({ name, time: median(times) }))
    .toSorted((a, b) => b.time - a.time)
    .slice(0, 3)
    .map(({ name, time }) => `${name} ${show(time)} ms`)
    .join(", ");
}
