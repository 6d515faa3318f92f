import { readFileSync } from "node:fs";
import { type AssetSource, runWithAssets } from "../plugin/asset.ts";
import type { LiveFunc, LiveType } from "../vault/live-type.ts";
import type { LoadedCode } from "./generation.ts";
import { type Context, hostContext } from "./graph.ts";

/** The namespace of a plugin's root module. */
export type PluginModule = Readonly<Record<string, unknown>>;

/** One plugin that is compiled into the host; `hotswap build --staticLinking` writes them. */
export interface StaticPlugin {
  readonly module: PluginModule;
  readonly liveFuncs?: Readonly<Record<string, LiveFunc>>;
  readonly liveTypes?: Readonly<Record<string, LiveType>>;
  /** Carried files: path relative to the plugin's folder, to the path under which it can be read. */
  readonly assets?: Readonly<Record<string, string>>;
}

/** A statically linked plugin in the form in which artifacts are loaded. Its code runs in the host's context. */
export function loadStatic(name: string, plugin: StaticPlugin): LoadedCode {
  const assets = staticAssets(name, plugin.assets ?? {});
  return {
    name,
    file: "",
    hash: "",
    context: assets.paths.length > 0 ? assetContext(assets) : hostContext,
    rootModule: plugin.module,
    liveFuncs: plugin.liveFuncs ?? {},
    liveTypes: plugin.liveTypes ?? {},
    assets,
    release: async () => {},
  };
}

function staticAssets(plugin: string, files: Readonly<Record<string, string>>): AssetSource {
  return {
    plugin,
    paths: Object.keys(files),
    read: (path) => new Uint8Array(readFileSync(files[path] ?? path)),
  };
}

/** The host's context, in which `asset()` knows whose files are meant. */
function assetContext(assets: AssetSource): Context {
  return {
    run: (fn, ...params) => runWithAssets(assets, fn, ...params),
    bind: (fn) => ((...params: never[]) => runWithAssets(assets, fn, ...params)) as typeof fn,
    dispose() {},
  };
}
