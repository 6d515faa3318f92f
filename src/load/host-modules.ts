import { createRequire } from "node:module";
import { join } from "node:path";
import {
  type Bridge,
  BRIDGE_GLOBAL,
  type HostModule,
  type HostModuleName,
  type Manifest,
  type WorkerCode,
} from "../artifact/manifest.ts";
import { describeError, HotswapError } from "../errors.ts";
import { type AssetSource, assetOf } from "./asset.ts";
import { ownEntrance, workerEntrance } from "../own-package.ts";
import { didYouMean } from "../suggest.ts";
import { runInHost } from "../run-in-host.ts";
import { type ContextOptions, createContext, createRequireOf, OWN_PACKAGE } from "./module-context.ts";
import { isModuleModule, pathOf, requireNoInstall, resolveImport } from "./resolve.ts";

type Namespace = Record<string, unknown>;

/** The plugin for which a module is taken, and its carried files. */
interface Taker {
  readonly plugin: string;
  /** Absolute path of its folder. */
  readonly folder: string;
  readonly assets: AssetSource;
}

/**
 * The host's side of the bridge: modules outside the plugins' folders, each imported once, in the host, and shared by
 * every generation.
 */
export class HostModules {
  readonly #root: string;
  /** By name, and for what is only named at run time by path. */
  readonly #namespaces = new Map<string, Namespace>();

  /** `root` is the folder that the artifacts' host module paths are relative to. */
  constructor(root: string) {
    this.#root = root;
  }

  /** The modules that were imported for plugins, with the names that plugins know them by. */
  [Symbol.iterator](): IterableIterator<[specifier: string, namespace: object]> {
    return this.#namespaces.entries();
  }

  /**
   * Imports what the manifest lists and returns the bridge for one generation. Throws `HOTSWAP_INVALID_IMPORT` when a
   * module is not found, fails, or lacks a name that the plugin's code takes from it.
   */
  async bridge(manifest: Manifest, assets: AssetSource): Promise<Bridge> {
    const taker: Taker = { plugin: manifest.name, folder: join(this.#root, manifest.folder), assets };
    const namespaces: (Namespace | undefined)[] = [];
    for (const [index, module] of manifest.hostModules.entries()) {
      if (!module.lazy) namespaces[index] = await this.#take(taker, module);
    }
    return this.bridgeWith(manifest, assets, namespaces);
  }

  /** The bridge with modules that were imported already, each at its place. */
  bridgeWith(manifest: Manifest, assets: AssetSource, namespaces: (Namespace | undefined)[]): Bridge {
    const taker: Taker = { plugin: manifest.name, folder: join(this.#root, manifest.folder), assets };
    const listed = (index: number): HostModule => requireEntry(manifest.hostModules, index);
    return {
      module: (index) => requireEntry(namespaces, index),
      import: async (index) => (namespaces[index] ??= await runInHost(() => this.#take(taker, listed(index)))),
      require: (index) => {
        const { specifier, from } = listed(index);
        return this.#require(taker, specifier, join(this.#root, from ?? "", "plugin.ts"));
      },
      worker: (code) => this.#workerUrl(manifest, code),
      context: (path, importNatively, carried) =>
        createContext({ ...this.#contextOf(taker, join(taker.folder, path)), importNatively, carried }),
    };
  }

  #contextOf(taker: Taker, file: string): Omit<ContextOptions, "importNatively"> {
    const { plugin, folder } = taker;
    return {
      plugin,
      folder,
      file,
      importHost: (specifier, path, type) =>
        runInHost(async () =>
          this.#overlaid(
            taker,
            specifier,
            await this.#importFile(specifier === OWN_PACKAGE ? ownEntrance : path, type),
          ),
        ),
      requireHost: (specifier, from) => this.#require(taker, specifier, from),
    };
  }

  async #take(taker: Taker, module: HostModule): Promise<Namespace> {
    const { plugin } = taker;
    const namespace = this.#overlaid(taker, module.specifier, await this.#import(plugin, module));
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

  async #import(plugin: string, name: HostModuleName): Promise<Namespace> {
    const { specifier, from = "", type } = name;
    const key = type === undefined && from === "" ? specifier : [specifier, from, type].join(" ");
    const known = this.#namespaces.get(key);
    if (known !== undefined) return known;
    try {
      const namespace = await this.#importFile(this.#resolve(name), type);
      this.#namespaces.set(key, namespace);
      return namespace;
    } catch (error) {
      throw new HotswapError(
        "HOTSWAP_INVALID_IMPORT",
        `${plugin} needs the host module ${specifier}, which could not be imported from ${join(this.#root, from)}: ${describeError(error)}`,
        { plugin, phase: "load", cause: error },
      );
    }
  }

  /**
   * The URL contains all of the code: no file can be lost or has to be cleaned up. The code awaits nothing, because
   * messages would come before the worker listens.
   */
  #workerUrl({ name, folder }: Manifest, { hostModules, text }: WorkerCode): string {
    const lines = [`import { workerBridge } from ${JSON.stringify(workerEntrance)};`];
    const namespaces = hostModules.map((module, index) => {
      if (module.lazy) return "undefined";
      const attributes = module.type === undefined ? "" : ` with ${JSON.stringify({ type: module.type })}`;
      lines.push(`import * as _$n${index} from ${JSON.stringify(this.#resolve(module))}${attributes};`);
      return `_$n${index}`;
    });
    const manifest = JSON.stringify({ name, folder, hostModules });
    lines.push(
      `const ${BRIDGE_GLOBAL} = workerBridge(${JSON.stringify(this.#root)}, ${manifest}, [${namespaces.join(", ")}]);`,
    );
    return `data:text/javascript,${encodeURIComponent(`${lines.join(" ")}\n${text}`)}`;
  }

  async #importFile(path: string, type: string | undefined): Promise<Namespace> {
    return (await (type === undefined ? import(path) : import(path, { with: { type } }))) as Namespace;
  }

  #resolve({ specifier, from = "" }: HostModuleName): string {
    // The instance that runs, whatever copy of the package would be found from the root.
    if (specifier === OWN_PACKAGE) return ownEntrance;
    return resolveImport(specifier, join(this.#root, from, "plugin.ts"));
  }

  #require(taker: Taker, specifier: string, file: string): unknown {
    return runInHost(() => {
      requireNoInstall(specifier, file);
      const found: unknown = createRequire(file)(specifier === OWN_PACKAGE ? ownEntrance : specifier);
      return specifier === OWN_PACKAGE || isModuleModule(specifier)
        ? this.#overlaid(taker, specifier, found as Namespace)
        : found;
    });
  }

  /** What depends on who calls it takes the plugin for its caller. */
  #overlaid(taker: Taker, specifier: string, shared: Namespace): Namespace {
    if (specifier === OWN_PACKAGE) return { ...shared, asset: (path: string) => assetOf(taker.assets, path) };
    if (!isModuleModule(specifier)) return shared;
    const createRequireFor = (base: string | URL): unknown =>
      createRequireOf(this.#contextOf(taker, pathOf(String(base), "/")));
    const main = Object.create((shared["default"] ?? shared) as object, {
      createRequire: { value: createRequireFor, enumerable: true },
    }) as object;
    return { ...shared, createRequire: createRequireFor, default: main };
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
