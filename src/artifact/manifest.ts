/**
 * What an artifact says about itself. The manifest stands in the artifact's header as one line of JSON and is covered
 * by the content hash; it holds no time stamp and no absolute path.
 */
export interface Manifest {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** What the plugin's code imports from outside its folder; the code refers to an entry by its index. */
  readonly hostModules: readonly HostModule[];
  /** Live functions by name, each with the file that defines it, relative to the plugin's folder. */
  readonly liveFuncs: Readonly<Record<string, string>>;
  /** Live types by name, each with the file that defines it. */
  readonly liveTypes: Readonly<Record<string, string>>;
  /** Files carried beside the code (`--include`), sorted by path. */
  readonly assets: readonly AssetEntry[];
}

/** A module that belongs to the host: one instance, shared by all generations. */
export interface HostModule {
  /** A bare specifier (`zod`, `hotswap`), or a path relative to the project root that begins with `./` (`./g/registry.ts`). */
  readonly specifier: string;
  /** The names that the plugin's code takes from it; the loader checks that they exist. */
  readonly names: readonly string[];
  /** `true` when it is only ever reached by `import()`: the loader imports it when it is asked for. */
  readonly lazy: boolean;
}

/** A carried file. Its bytes stand in the artifact's tail. */
export interface AssetEntry {
  /** Path relative to the plugin's folder, with forward slashes. */
  readonly path: string;
  /** Length in bytes. */
  readonly size: number;
}

/** The version of the artifact format that this code reads and writes. */
export const FORMAT_VERSION = 1;

/** The file name ending by which an artifact is found in a plugin folder. */
export const ARTIFACT_EXTENSION = ".js";

/** The global through which an artifact's code reaches its {@link Bridge}. */
export const BRIDGE_GLOBAL = "__hotswap__";

/** The name under which an artifact exports its {@link LiveExports} beside the root module's own names. */
export const LIVE_EXPORT = "__hotswap_live__";

/** What the loader gives to an artifact's code: its way to the host's modules. Indices point into `manifest.hostModules`. */
export interface Bridge {
  /** The namespace of a host module. */
  module(index: number): Record<string, unknown>;
  /**
   * The same as the `module.exports` of a CommonJS wrapper: an object with `__esModule` and a getter for every name, so
   * that a host's `export let` is seen as it changes.
   */
  live(index: number): Record<string, unknown>;
  /** What `import()` of a host module answers. */
  import(index: number): Promise<Record<string, unknown>>;
}

/** Value of the export {@link LIVE_EXPORT}. */
export interface LiveExports {
  readonly funcs: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, unknown>>;
}
