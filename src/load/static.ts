import { readFileSync } from "node:fs";
import { HotswapError } from "../errors.ts";
import { type AssetSource, runWithAssets } from "./asset.ts";
import type { LiveFunc, LiveType } from "../vault/live-type.ts";
import type { LoadedCode } from "./loaded-code.ts";
import { type Context, createStaticContext } from "./graph.ts";
import type { UncaughtErrors } from "./uncaught.ts";

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

/** The plugins whose only instance is loaded by a swapper. */
const inUse = new WeakSet<PluginModule>();

/**
 * A statically linked plugin in the form in which artifacts are loaded. Its modules are evaluated already, in the host;
 * what its hooks and functions open belongs to the generation as usual. Throws `HOTSWAP_STATIC_MODE` when the plugin is
 * loaded by another swapper.
 */
export function loadStatic(name: string, plugin: StaticPlugin, errors: UncaughtErrors): LoadedCode {
  const { module } = plugin;
  if (inUse.has(module)) {
    throw new HotswapError(
      "HOTSWAP_STATIC_MODE",
      `"${name}" is linked statically and loaded by another swapper: its module state exists only once, so close that swapper first`,
      { plugin: name, phase: "load" },
    );
  }
  inUse.add(module);
  const assets = staticAssets(name, plugin.assets ?? {});
  const context = createStaticContext(errors.handle);
  return {
    name,
    file: "",
    hash: "",
    context: assets.paths.length > 0 ? withAssets(context, assets) : context,
    rootModule: module,
    liveFuncs: plugin.liveFuncs ?? {},
    liveTypes: plugin.liveTypes ?? {},
    assets,
    report: (error) => errors.handle(error, "uncaughtException"),
    async release() {
      errors.close();
      inUse.delete(module);
    },
  };
}

function staticAssets(plugin: string, files: Readonly<Record<string, string>>): AssetSource {
  return {
    plugin,
    paths: Object.keys(files),
    read: (path) => new Uint8Array(readFileSync(files[path] ?? path)),
  };
}

/** A context in which `asset()` knows whose files are meant. */
function withAssets(context: Context, assets: AssetSource): Context {
  return {
    run: (fn, ...params) => context.run(() => runWithAssets(assets, fn, ...params)),
    withoutStores: () => runWithAssets(assets, () => context.withoutStores()),
    graph: context.graph,
    dispose: () => context.dispose(),
  };
}
