import { readFileSync } from "node:fs";
import { Folder } from "./folder.ts";
import { Host } from "./host.ts";
import { peers, startPeer } from "./peers.ts";

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

/** Bytes of resident memory of a system: of the server, and of the process that watches over it, when there is one. */
export async function memoryOf(host: Host, hasSupervisor: boolean): Promise<number> {
  const server = Number(await host.ask("/memory"));
  if (!hasSupervisor) return server;
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${host.pid}/status`, "utf8")) ?? [];
  return server + 1024 * Number(kilobytes);
}
