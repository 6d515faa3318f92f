import { installedVersion, nodeVersion, type PeerPackage } from "./machine.ts";
import type { Folder } from "./folder.ts";
import { Host } from "./host.ts";
import type { Language } from "./source.ts";

/** Another system that brings new code into a running program. */
export interface Peer {
  readonly name: string;
  /** What must be installed for it, beside Bun. */
  readonly needs: readonly ("node" | PeerPackage)[];
  readonly language: Language;
  /** Files of `bench/hosts` that it runs. */
  readonly hosts: readonly string[];
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** `true` when a reload is a new process. */
  readonly restarts: boolean;
  /** `true` when one reload takes about a tenth of a second or more: it is measured in fewer rounds. */
  readonly slow: boolean;
  /** What it asks of the project's package.json. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

const bun = process.execPath;
const onBun = ["shared/serve-bun.ts", "shared/memory.js"];
const onNode = ["shared/serve-node.js", "shared/memory.js"];
const node = ["node", "--expose-gc"];

export const peers: readonly Peer[] = [
  {
    name: "bun --hot",
    needs: [],
    language: "ts",
    hosts: ["bun.ts", ...onBun],
    command: [bun, "--hot", "--no-clear-screen", "bun.ts"],
    restarts: false,
    slow: false,
  },
  {
    name: "bun --watch",
    needs: [],
    language: "ts",
    hosts: ["bun.ts", ...onBun],
    command: [bun, "--watch", "--no-clear-screen", "bun.ts"],
    restarts: true,
    slow: false,
  },
  {
    name: "Bun.build + import(?v=n)",
    needs: [],
    language: "ts",
    hosts: ["plain.ts", "shared/on-change.ts", ...onBun],
    command: [bun, "plain.ts"],
    restarts: false,
    slow: false,
  },
  {
    name: "Vite ModuleRunner",
    needs: ["vite"],
    language: "ts",
    hosts: ["vite.js", "vite-runner-entry.ts", ...onNode],
    command: [bun, "vite.js"],
    env: { MODE: "runner" },
    restarts: false,
    slow: false,
  },
  {
    name: "Vite ssrLoadModule",
    needs: ["vite"],
    language: "ts",
    hosts: ["vite.js", ...onNode],
    command: [bun, "vite.js"],
    env: { MODE: "ssr" },
    restarts: false,
    slow: false,
  },
  {
    name: "dynohot",
    needs: ["node", "dynohot"],
    language: "js",
    hosts: ["dynohot.js", ...onNode],
    command: [...node, "--import", "dynohot/register", "dynohot.js"],
    restarts: false,
    slow: true,
  },
  {
    name: "hot-hook",
    needs: ["node", "hot-hook"],
    language: "js",
    hosts: ["hot-hook.js", ...onNode],
    command: [...node, "--import", "hot-hook/register", "hot-hook.js"],
    restarts: false,
    slow: false,
    manifest: { hotHook: { boundaries: ["./plugin/index.js"] } },
  },
  {
    name: "node --watch",
    needs: ["node"],
    language: "js",
    hosts: ["node.js", ...onNode],
    command: [...node, "--watch", "node.js"],
    restarts: true,
    slow: true,
  },
  {
    name: "node --watch + tsx",
    needs: ["node", "tsx"],
    language: "ts",
    hosts: ["node.js", ...onNode],
    command: [...node, "--watch", "--import", "tsx", "node.js"],
    restarts: true,
    slow: true,
  },
];

/** Why a peer cannot run here, or `undefined` when it can. */
export function absence(peer: Peer): string | undefined {
  for (const need of peer.needs) {
    if (need === "node" ? nodeVersion() === undefined : installedVersion(need) === undefined) {
      return `${peer.name}: ${need} is not installed`;
    }
  }
  return undefined;
}

/** Starts a peer's host in a folder that already holds its `plugin/`. */
export async function startPeer(peer: Peer, folder: Folder): Promise<Host> {
  folder.addHosts(...peer.hosts);
  folder.usePeers();
  folder.write({ "package.json": JSON.stringify({ name: "sample", type: "module", ...peer.manifest }) });
  return Host.start({
    name: peer.name,
    command: peer.command,
    cwd: folder.root,
    ...(peer.env === undefined ? {} : { env: peer.env }),
  });
}
