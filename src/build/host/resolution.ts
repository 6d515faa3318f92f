import { isBuiltin } from "node:module";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostImports, HOST_PREFIX, specifierOf } from "./host-imports.ts";
import { candidatesOf, isInPackage, isInside, resolveFile } from "../read/resolve.ts";
import type { FilledOptions } from "../options.ts";
import { findRootModule, type PluginFolder } from "../read/plugin-folder.ts";
import type { SourceFile, SourceFiles } from "../read/syntax/source-file.ts";
import { NeedsBundler } from "../needs-bundler.ts";

/**
 * What an import names: a module of the plugin, by its absolute path, one of Bun's own, or one of the host, by the
 * specifier that the manifest has for it.
 */
export type Target =
  | { readonly kind: "own"; readonly path: string }
  | { readonly kind: "builtin"; readonly specifier: string }
  /** `live` when names that were taken from it may change while the host runs. */
  | { readonly kind: "host"; readonly specifier: string; readonly live: boolean };

/** What says how imports are resolved, beside the plugin and beside the project. */
const settings = ["package.json", "tsconfig.json", "jsconfig.json", "bunfig.toml", "node_modules"];

/** Finds what imports name. */
export class Resolution {
  readonly #options: FilledOptions;
  readonly #sources: SourceFiles;
  /** Files that say how imports are resolved, as far as there are such. */
  readonly #settings: readonly string[];
  #basis = "";
  #modules: ReadonlySet<string> = new Set();
  /** By the paths of files and folders of the host: whether what was found out there still is as it was. */
  readonly #seen = new Map<string, () => boolean>();
  #host: HostImports;

  constructor(options: FilledOptions, sources: SourceFiles) {
    this.#options = options;
    this.#sources = sources;
    this.#settings = [options.pluginDir, options.root].flatMap((dir) => settings.map((name) => join(dir, name)));
    this.#host = this.#newHost();
  }

  /**
   * To be called when a build begins; answers whether what was found before still holds, as long as the importer is what
   * it was.
   */
  renew({ modules, otherFiles }: PluginFolder): boolean {
    const basis = [...modules, "", ...otherFiles, "", ...this.#settings.map(stateOf)].join("\n");
    const holds = basis === this.#basis && this.#seen.values().every((isSame) => isSame());
    if (!holds) {
      this.#seen.clear();
      this.#host = this.#newHost();
    }
    this.#basis = basis;
    this.#modules = new Set(modules);
    return holds;
  }

  /**
   * What an import names. Throws {@link NeedsBundler} for what cannot be found, is refused, or is neither code nor the host's.
   *
   * @param type what the import's attributes say that the file is to be taken for
   */
  find(specifier: string, importer: string, type?: string): Target {
    const target = this.#find(specifier, importer, "import-statement");
    if (target === undefined) throw new NeedsBundler(`${importer} imports "${specifier}", which is not there`);
    if (type === undefined) return target;
    if (target.kind !== "own") throw new NeedsBundler(`${importer} imports "${specifier}" of the host as ${type}`);
    return { kind: "own", path: `${target.path}?type=${type}` };
  }

  /** What `import()` or `require()` names; `undefined` when that is looked for at run time. Throws {@link NeedsBundler}. */
  findLater(specifier: string, importer: string, kind: "dynamic-import" | "require-call"): Target | undefined {
    return this.#find(specifier, importer, kind);
  }

  #find(
    specifier: string,
    importer: string,
    kind: "import-statement" | "dynamic-import" | "require-call",
  ): Target | undefined {
    if (isBuiltin(specifier)) return { kind: "builtin", specifier };
    const from = dirname(importer);
    const host = this.#host.resolve({ path: specifier, importer, resolveDir: from, kind });
    for (const folder of this.#host.folders) this.#seeFolder(folder);
    const live = this.#host.live.size > 0;
    const isRefused = this.#host.refused.length > 0;
    // It remembers that, and the next question may be about something else.
    if (live || isRefused) this.#host = this.#newHost();
    if (isRefused) throw new NeedsBundler(`${importer} may not import "${specifier}"`);
    if (host !== undefined) {
      const name = host.path ?? "";
      return this.#hostTarget(name.startsWith(HOST_PREFIX) ? specifierOf(name.slice(HOST_PREFIX.length)) : name, live);
    }
    const path = this.#ownFile(specifier, from);
    if (path === undefined) return undefined;
    if (!isInside(path, this.#options.pluginDir) || isInPackage(path)) {
      throw new NeedsBundler(`${importer} imports "${specifier}", which is no module of the plugin`);
    }
    return { kind: "own", path };
  }

  /** Bun's resolver remembers what it found, also when a file was made since that is to be taken before it. */
  #ownFile(specifier: string, from: string): string | undefined {
    const found = resolveFile(specifier, from);
    if (!specifier.startsWith(".")) return found;
    const candidates = candidatesOf(join(from, specifier));
    const first = candidates.find((path) => path === found || this.#modules.has(path));
    return found !== undefined && candidates.includes(found) ? first : found;
  }

  #hostTarget(specifier: string, live: boolean): Target {
    const file = join(this.#options.root, specifier);
    // How a module that is imported later looks inside is not asked for, but it must be there.
    if (specifier.startsWith(".") && !this.#seen.has(file)) this.#seen.set(file, () => existsSync(file));
    return { kind: "host", specifier, live };
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

/** A name for the state that a file is in. */
function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? path : `${path} ${stats.size} ${stats.ctimeMs} ${stats.ino}`;
}
