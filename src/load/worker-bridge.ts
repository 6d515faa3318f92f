import type { Bridge, Manifest } from "../artifact/manifest.ts";
import { HotswapError } from "../errors.ts";
import type { AssetSource } from "./asset.ts";
import { HostModules } from "./host-modules.ts";

/** What a plugin's worker is, beside its code. */
export type WorkerManifest = Pick<Manifest, "name" | "folder" | "hostModules">;

/** The bridge of a worker that a plugin started: modules of the host are imported anew there, as in every thread. */
export function workerBridge(
  root: string,
  { name, folder, hostModules }: WorkerManifest,
  namespaces: (Record<string, unknown> | undefined)[],
): Bridge {
  const manifest: Manifest = { name, folder, hostModules, liveFuncs: {}, liveTypes: {}, assets: [] };
  const assets: AssetSource = {
    plugin: name,
    paths: [],
    read(path) {
      throw new HotswapError("HOTSWAP_UNKNOWN_SYMBOL", `a worker has no carried files, and asked for "${path}"`, {
        plugin: name,
      });
    },
  };
  return new HostModules(root).bridgeWith(manifest, assets, namespaces);
}
