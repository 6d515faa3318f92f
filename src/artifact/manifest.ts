/**
 * What an artifact says about itself. The manifest stands in the artifact's header as one line of JSON and is covered
 * by the content hash; it holds no time stamp and no absolute path.
 */
export interface Manifest {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** The plugin's folder, from the project's root, with forward slashes. */
  readonly folder: string;
  /** What the plugin's code imports from outside its folder; the code refers to an entry by its index. */
  readonly hostModules: readonly HostModule[];
  /** Live functions by name, each with the file that defines it, relative to the plugin's folder. */
  readonly liveFuncs: Readonly<Record<string, string>>;
  /** Live types by name, each with the file that defines it. */
  readonly liveTypes: Readonly<Record<string, string>>;
  /** Files carried beside the code (`--include`), sorted by path. */
  readonly assets: readonly AssetEntry[];
  /** The modules that the artifact keeps apart instead of bundling them; absent when the modules were bundled. */
  readonly sections?: Sections;
}

/** Modules that were not bundled: each is a section, whose text stands in the artifact's line of sections. */
export interface Sections {
  /** Path of the root module. */
  readonly root: string;
  readonly modules: readonly Section[];
  /** The names under which live things are exported, where those are not their own. */
  readonly exportNames: Readonly<Record<string, string>>;
}

/** One module that was not bundled. */
export interface Section {
  /** Path relative to the plugin's folder, with forward slashes: the section's name. */
  readonly path: string;
  /** The sections that it imports, in the order of their evaluation. */
  readonly imports: readonly string[];
  /** What its `import()` and `require()` name, by the specifiers that are written there. */
  readonly later?: Readonly<Record<string, readonly [kind: "own" | "host" | "builtin", name: string]>>;
  /** How many of `imports` stand before the first that imports this section in a circle. Without one it is in no circle. */
  readonly before?: number;
  /** It awaits something while it is evaluated. */
  readonly async?: true;
  readonly commonjs?: true;
  /**
   * The line of the artifact's source map, from 0, that stands for the section's first line. The artifact itself has no
   * line of this number. Absent when the section has no map.
   */
  readonly line?: number;
}

/** How a module of the host is named. */
export interface HostModuleName {
  /** A bare specifier (`zod`, `hotswap`, with sections also `node:fs`), or a path relative to the project root that begins with `./` (`./g/registry.ts`). */
  readonly specifier: string;
  /** The folder from which a bare specifier is resolved, relative to the project's root; the root itself when there is none. */
  readonly from?: string;
  /** The `type` of the import's attributes. */
  readonly type?: string;
}

/** One text for the whole name. */
export function hostLabel({ specifier, from, type }: HostModuleName): string {
  return [
    specifier,
    ...(from === undefined && type === undefined ? [] : [from ?? ""]),
    ...(type === undefined ? [] : [type]),
  ].join("\n");
}

/** The name that a text stands for. */
export function readHostLabel(label: string): HostModuleName {
  const [specifier = "", from = "", type] = label.split("\n");
  return { specifier, ...(from === "" ? {} : { from }), ...(type === undefined ? {} : { type }) };
}

/** A module that belongs to the host: one instance, shared by all generations. */
export interface HostModule extends HostModuleName {
  /** The names that the plugin's code takes from it; the loader checks that they exist. */
  readonly names: readonly string[];
  /** `true` when only `import()` or `require()` reach it: the loader imports it at that moment. */
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
  /** What `import()` of a host module resolves to. */
  import(index: number): Promise<Record<string, unknown>>;
  /** What `require()` of a host module returns: its `module.exports`. */
  require(index: number): unknown;
  /** The URL of a worker that has this code. */
  worker(code: WorkerCode): string;
  /**
   * What a module needs to do as its source file would do in its place.
   *
   * @param path the source file, from the plugin's folder
   * @param importNatively `import()` of the artifact's code, for what is not a file
   * @param carried what the plugin itself has for a specifier
   */
  context(
    path: string,
    importNatively: (specifier: string) => Promise<Record<string, unknown>>,
    carried?: CarriedModules,
  ): ModuleContext;
}

/** The code of a worker, which comes with the code of the plugin that starts it. */
export interface WorkerCode {
  readonly hostModules: readonly HostModule[];
  /** It is linked like an artifact's code, and its first line is the prologue. */
  readonly text: string;
}

/** What stands for `import.meta`, `require` and `import()` of a module whose source file is not where its code is. */
export interface ModuleContext {
  readonly meta: { readonly path: string; readonly dir: string };
  /** `own` are the modules of the plugin that `specifier` may mean, by their paths from the module's folder. */
  readonly require: ((specifier: string, own?: OwnModules) => unknown) & { resolve(specifier: string): string };
  import(specifier: unknown, options?: unknown, own?: OwnModules): Promise<unknown>;
}

/** What a plugin itself has for a specifier, if anything: a function that imports or requires it. */
export type CarriedModules = (
  specifier: string,
  how: "import" | "require",
  type: string | undefined,
) => (() => unknown) | undefined;

/** Modules that the artifact carries, each with a function that imports or requires it. */
export type OwnModules = Readonly<Record<string, () => unknown>>;

/**
 * What the text of a section evaluates to. The generator's first step gives the module's namespace to `plugin.hoist`; its
 * functions can be called from then on. Its last step evaluates the module. Of a module in a circle there are two more in
 * between, which bind what it imports: one when all modules of the circle are there, and one before the first of the circle
 * is evaluated for it. That of a module which awaits something is asynchronous and has two steps.
 */
export type SectionCode = (bridge: Bridge, plugin: SectionImports) => Iterator<void> | AsyncIterator<void>;

/** What the text of a section evaluates to when the module is one of CommonJS. */
export type CommonJsCode = (
  this: unknown,
  exports: unknown,
  require: unknown,
  module: object,
  filename: string,
  dirname: string,
  bridge: Bridge,
  plugin: SectionImports,
) => void;

/** What a section is linked with. */
export interface SectionImports {
  /** Of namespaces. */
  readonly prototype: object;
  /** What stands for `import.meta`. */
  readonly meta: object;
  /**
   * Takes the module's namespace, and a function that refers to the bridge and to this: so every function of the module
   * lies in a scope that has both, and who keeps such a function keeps the generation.
   */
  hoist(namespace: Record<string, unknown>, scope: () => unknown): void;
  /** The namespace of a module of the plugin. */
  own(path: string): Record<string, unknown>;
  /** A module of Bun or of the host, as the manifest names it. */
  host(specifier: string): Record<string, unknown>;
  /** `import()`. */
  import(specifier: unknown, options?: unknown): Promise<unknown>;
}

/** Value of the export {@link LIVE_EXPORT}. */
export interface LiveExports {
  readonly funcs: Readonly<Record<string, unknown>>;
  readonly types: Readonly<Record<string, unknown>>;
}
