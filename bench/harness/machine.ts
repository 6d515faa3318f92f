import { existsSync, readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { join } from "node:path";
import { pinning } from "./pinning.ts";

const bench = join(import.meta.dir, "..");

const peerPackages = ["vite", "dynohot", "hot-hook", "tsx"] as const;
export type PeerPackage = (typeof peerPackages)[number];

/** What has to stand beside every figure. */
export interface Machine {
  readonly processors: string;
  readonly system: string;
  readonly versions: readonly string[];
  readonly pinning: string;
  readonly date: string;
}

/** The version of a peer's package in `bench/node_modules`, or `undefined` when it is not installed. */
export function installedVersion(name: string): string | undefined {
  const manifest = join(bench, "node_modules", name, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: string };
  return version;
}

/** The version of Node.js on the path, or `undefined`. */
export function nodeVersion(): string | undefined {
  if (Bun.which("node") === null) return undefined;
  const result = Bun.spawnSync(["node", "--version"]);
  return result.success ? result.stdout.toString().trim().replace(/^v/, "") : undefined;
}

export function describeMachine(): Machine {
  const versions = [`Bun ${Bun.version}`];
  const node = nodeVersion();
  if (node !== undefined) versions.push(`Node.js ${node}`);
  for (const name of peerPackages) {
    const version = installedVersion(name);
    if (version !== undefined) versions.push(`${name} ${version}`);
  }
  const processors = cpus();
  return {
    processors: `${processors.length} x ${processors[0]?.model.trim() ?? "unknown processor"}`,
    system: `${Math.round(totalmem() / 2 ** 30)} GB, ${type()} ${release()}`,
    versions,
    pinning: pinning(),
    date: now(),
  };
}

/** The date and time, to the minute. */
export function now(): string {
  return `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The machine's load average over 1, 5 and 15 minutes. */
export function load(): string {
  return loadavg()
    .map((average) => average.toFixed(2))
    .join(" ");
}
