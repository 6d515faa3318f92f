import type { Bridge, HostModule, Manifest } from "../artifact/manifest.ts";
import { describeError, HotswapError } from "../errors.ts";
import { type AssetSource, assetOf } from "./asset.ts";
import { ownEntrance } from "../own-package.ts";
import { didYouMean } from "../suggest.ts";
import { runInHost } from "./graph.ts";

type Namespace = Record<string, unknown>;

/** The package's own name: what plugins import to define themselves. */
const OWN_PACKAGE = "hotswap";

/**
 * The host's side of the bridge: modules outside the plugins' folders, each imported once, in the host, and shared by
 * every generation.
 */
export class HostModules {
  readonly #root: string;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #live = new WeakMap<Namespace, Namespace>();

  /** `root` is the folder that the artifacts' host module paths are relative to. */
  constructor(root: string) {
    this.#root = root;
  }

  /** The modules that were imported for plugins, with the names that plugins know them by. */
  [Symbol.iterator](): IterableIterator<[specifier: string, namespace: object]> {
    return this.#namespaces.entries();
  }

  /**
   * Imports what the manifest lists and answers the bridge for one generation. Throws `HOTSWAP_INVALID_IMPORT` when a
   * module is not found, fails, or lacks a name that the plugin's code takes from it.
   */
  async bridge(manifest: Manifest, assets: AssetSource): Promise<Bridge> {
    const namespaces: (Namespace | undefined)[] = [];
    for (const [index, module] of manifest.hostModules.entries()) {
      if (!module.lazy) namespaces[index] = await this.#take(manifest.name, module, assets);
    }
    return {
      module: (index) => requireEntry(namespaces, index),
      live: (index) => this.#liveView(requireEntry(namespaces, index)),
      import: async (index) =>
        (namespaces[index] ??= await runInHost(() =>
          this.#take(manifest.name, requireEntry(manifest.hostModules, index), assets),
        )),
    };
  }

  async #take(plugin: string, module: HostModule, assets: AssetSource): Promise<Namespace> {
    const shared = await this.#import(plugin, module.specifier);
    const namespace =
      module.specifier === OWN_PACKAGE ? { ...shared, asset: (path: string) => assetOf(assets, path) } : shared;
    for (const name of module.names) {
      if (name in namespace) continue;
      throw new HotswapError(
        "HOTSWAP_INVALID_IMPORT",
        `${plugin} imports "${name}" from the host module ${module.specifier}, which has no such export${didYouMean(name, Object.keys(namespace))}: rebuild the plugin, or restart the host if its module is newer than the process`,
        { plugin, phase: "load" },
      );
    }
    return namespace;
  }

  async #import(plugin: string, specifier: string): Promise<Namespace> {
    const known = this.#namespaces.get(specifier);
    if (known !== undefined) return known;
    try {
      const namespace = (await import(this.#resolve(specifier))) as Namespace;
      this.#namespaces.set(specifier, namespace);
      return namespace;
    } catch (error) {
      throw new HotswapError(
        "HOTSWAP_INVALID_IMPORT",
        `${plugin} needs the host module ${specifier}, which could not be imported from ${this.#root}: ${describeError(error)}`,
        { plugin, phase: "load", cause: error },
      );
    }
  }

  #resolve(specifier: string): string {
    // Our own instance, whatever copy of the package the root would resolve to.
    if (specifier === OWN_PACKAGE) return ownEntrance;
    return Bun.resolveSync(specifier, this.#root);
  }

  /** See {@link Bridge.live}. */
  #liveView(namespace: Namespace): Namespace {
    let view = this.#live.get(namespace);
    if (view === undefined) {
      view = Object.defineProperty({}, "__esModule", { value: true });
      for (const name of Object.keys(namespace)) {
        Object.defineProperty(view, name, { get: () => namespace[name], enumerable: true });
      }
      this.#live.set(namespace, view);
    }
    return view;
  }
}

function requireEntry<Entry>(entries: readonly (Entry | undefined)[], index: number): Entry {
  const entry = entries[index];
  if (entry === undefined) {
    throw new HotswapError(
      "HOTSWAP_INVALID_ARTIFACT",
      `the artifact's code asks for host module ${index}, which its manifest does not list: rebuild it`,
    );
  }
  return entry;
}
