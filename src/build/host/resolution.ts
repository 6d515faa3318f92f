import { isBuiltin } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { hostLabel } from "../../artifact/manifest.ts";
import { candidatesOf, forgetResolved, isInside, isModuleModule, timesForgotten } from "../../load/resolve.ts";
import { PluginContexts } from "./context/plugin-contexts.ts";
import { dataTypes, HostImports } from "./host-imports.ts";
import { projectFiles, stateOf } from "../read/project-files.ts";
import { isInPackage, resolveFile } from "../read/resolve.ts";
import type { FilledOptions } from "../options.ts";
import { findRootModule, type PluginFolder } from "../read/plugin-folder.ts";
import type { SourceFile, SourceFiles } from "../read/syntax/source-file.ts";
import { NeedsBundler } from "../needs-bundler.ts";

/**
 * What an import names: a module of the plugin, by its absolute path, one of Bun's own, or one of the host, by the
 * label of its name in the manifest.
 */
export type Target =
  | { readonly kind: "own"; readonly path: string }
  | { readonly kind: "builtin"; readonly specifier: string }
  /** Names of it that are `mutable` may change while the host runs. */
  | { readonly kind: "host"; readonly specifier: string; readonly mutable: readonly string[] | "any" };

/** Finds what imports name. */
export class Resolution {
  readonly #options: FilledOptions;
  readonly #sources: SourceFiles;
  #basis = "";
  /** The state of the files that say how imports are resolved. */
  #project: string | undefined;
  #modules: ReadonlySet<string> = new Set();
  /** By the paths of files and folders of the host: whether what was found out there still is as it was. */
  readonly #seen = new Map<string, () => boolean>();
  #host: HostImports;

  constructor(options: FilledOptions, sources: SourceFiles) {
    this.#options = options;
    this.#sources = sources;
    this.#host = this.#newHost();
  }

  /**
   * Call it when a build begins. Returns whether earlier results still hold for importers that did not change.
   */
  renew({ modules, otherFiles }: PluginFolder): boolean {
    const project = projectFiles(this.#options.pluginDir, this.#options.root).map(stateOf).join("\n");
    const current = new Set(modules);
    const isStale = this.#project !== undefined && this.#project !== project;
    const { pluginDir, root } = this.#options;
    if (isStale) forgetResolved(root, "everything");
    else if (!this.#modules.isSubsetOf(current)) forgetResolved(pluginDir, "files");
    this.#project = project;
    const basis = [...modules, "", ...otherFiles, "", project, timesForgotten()].join("\n");
    const holds = basis === this.#basis && this.#seen.values().every((isSame) => isSame());
    if (!holds) {
      this.#seen.clear();
      this.#host = this.#newHost();
    }
    this.#basis = basis;
    this.#modules = current;
    return holds;
  }

  /**
   * What an import names. Throws {@link NeedsBundler} for what cannot be found, is refused, or is neither code nor the host's.
   *
   * @param type what the import's attributes say that the file is to be taken for
   */
  find(specifier: string, importer: string, type?: string): Target {
    const target = this.findLater(specifier, importer, type);
    if (target === undefined) throw new NeedsBundler(`${importer} imports "${specifier}", which is not there`);
    if (type === undefined || target.kind !== "own") return target;
    if (!dataTypes.has(type)) throw new NeedsBundler(`${importer} imports "${specifier}" as ${type}`);
    return { kind: "own", path: `${target.path}?type=${type}` };
  }

  /** What `import()` or `require()` names; `undefined` when that is looked for at run time. Throws {@link NeedsBundler}. */
  findLater(specifier: string, importer: string, type?: string): Target | undefined {
    if (isBuiltin(specifier) && !isModuleModule(specifier)) return { kind: "builtin", specifier };
    const from = dirname(importer);
    const host = this.#host.find(specifier, importer, from);
    for (const folder of this.#host.folders) this.#seeFolder(folder);
    if (this.#host.refused.length > 0) {
      // It remembers the result, and the next question may be about another file.
      this.#host = this.#newHost();
      throw new NeedsBundler(`${importer} may not import "${specifier}"`);
    }
    if (host !== undefined) {
      const { name } = host;
      const mutable = host.mutable.unknown ? "any" : [...host.mutable.names];
      this.#seeFile(name.specifier);
      return { kind: "host", specifier: hostLabel(type === undefined ? name : { ...name, type }), mutable };
    }
    const path = this.#ownFile(specifier, from);
    if (path === undefined) return undefined;
    if (!isInside(path, this.#options.pluginDir) || isInPackage(path)) {
      throw new NeedsBundler(`${importer} imports "${specifier}", which is not a module of the plugin`);
    }
    return { kind: "own", path };
  }

  /** Gives modules of the plugin their contexts. */
  contexts(folder: PluginFolder): PluginContexts {
    const { pluginDir } = this.#options;
    return new PluginContexts({ pluginDir, folder, host: this.#newHost(), defined: [], starting: [] });
  }

  /** Bun's resolver remembers what it found, even after a file was made that takes precedence. */
  #ownFile(specifier: string, from: string): string | undefined {
    const found = resolveFile(specifier, from);
    if (!specifier.startsWith(".")) return found;
    const candidates = candidatesOf(join(from, specifier));
    const first = candidates.find((path) => path === found || this.#modules.has(path));
    return found !== undefined && candidates.includes(found) ? first : found;
  }

  /** A module that is imported later must exist, but its content does not matter yet. */
  #seeFile(specifier: string): void {
    const file = join(this.#options.root, specifier);
    if (specifier.startsWith(".") && !this.#seen.has(file)) this.#seen.set(file, () => existsSync(file));
  }

  /** A folder of the host becomes a plugin by what its root module says. */
  #seeFolder(folder: string): void {
    if (this.#seen.has(folder)) return;
    const rootModule = findRootModule(folder);
    this.#seen.set(folder, () => findRootModule(folder) === rootModule);
  }

  #newHost(): HostImports {
    const { pluginDir, root, bundler } = this.#options;
    const { packages, external } = bundler;
    const sources = { read: (path: string) => this.#read(path) };
    return new HostImports({ pluginDir, root, packages, external, sources, escapes: undefined });
  }

  #read(path: string): SourceFile {
    const file = this.#sources.read(path);
    if (!isInside(path, this.#options.pluginDir)) this.#seen.set(path, () => this.#isStill(file));
    return file;
  }

  #isStill(file: SourceFile): boolean {
    return existsSync(file.path) && this.#sources.read(file.path) === file;
  }
}
