import type { BunPlugin, OnResolveArgs, OnResolveResult } from "bun";
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { BRIDGE_GLOBAL } from "../../artifact/manifest.ts";
import { displayPath } from "../diagnostic.ts";
import type { SourceReader } from "../read/syntax/source-file.ts";
import { MutableExports } from "./mutable-exports.ts";
import { PluginFolders } from "./plugin-folders.ts";
import { hostPath, installedIn, isInPackage, isInside, resolveFile } from "../read/resolve.ts";

/** How the bundler's output names a module of the host; the key of the module follows. */
export const HOST_PREFIX = "hotswap-host:";

/** How the code of a live module's wrapper begins; the key of the module follows. */
export const LIVE_CALL = `${BRIDGE_GLOBAL}.live(`;

/** The file that the bundler is told to begin with; it exists only in memory. */
export const ENTRY_FILE = "__hotswap_entry__.ts";

/** The namespace of the wrappers through which live bindings are reached; a path in it is a host module's name. */
const LIVE_NAMESPACE = "hotswap-live";

/** An import that a plugin may not have. */
export interface RefusedImport {
  readonly importer: string;
  readonly specifier: string;
  readonly message: string;
}

export interface HostImportsOptions {
  /** Real path of the plugin's folder. */
  readonly pluginDir: string;
  /** Real path of the project's root. */
  readonly root: string;
  /** Whose the packages of the project are; `hotswap` is always the host's. */
  readonly packages: "host" | "plugin" | "all-host";
  /** Packages that are the host's in any case; `*` stands for anything. */
  readonly external: readonly string[];
  readonly sources: SourceReader;
  /**
   * The relative paths that lead out of the plugin's folder, as they are written; `undefined` when every import must be
   * looked at, because links in the folder lead out of it.
   */
  readonly escapes: ReadonlySet<string> | undefined;
}

/**
 * Decides for each import of a plugin whether what it names belongs to the plugin, and is bundled, or to the host, and is
 * taken from the bridge (SPEC 2.4).
 */
export class HostImports {
  /** Host modules that are reached through {@link LIVE_CALL}, with the names that are known to be taken from them. */
  readonly live = new Map<string, Set<string>>();
  readonly refused: RefusedImport[] = [];
  readonly #options: HostImportsOptions;
  readonly #mutable: MutableExports;
  readonly #plugins: PluginFolders;
  readonly #external: readonly RegExp[];

  constructor(options: HostImportsOptions) {
    this.#options = options;
    this.#mutable = new MutableExports(options.sources);
    this.#plugins = new PluginFolders(options.root, options.sources);
    this.#external = options.external.map((pattern) => externalPattern(pattern));
  }

  /** The folders of the host of which it was asked whether they are plugins. */
  get folders(): Iterable<string> {
    return this.#plugins.folders;
  }

  plugin(): BunPlugin {
    return {
      name: "hotswap",
      setup: (build) => {
        build.onResolve({ filter: this.#filter() }, (args) => this.resolve(args));
        build.onLoad({ filter: /./, namespace: LIVE_NAMESPACE }, ({ path }) => ({
          contents: `module.exports = ${LIVE_CALL}"${keyOf(path)}");\n`,
          loader: "js",
        }));
      },
    };
  }

  /**
   * Matches the specifiers that {@link resolve} is to be asked about. What can neither leave the folder nor be a package
   * is left to the bundler's own resolver, on its own threads: a question to this one costs as much as parsing a small
   * file.
   */
  #filter(): RegExp {
    const anything = String.raw`^(?!node:|bun:|.*__hotswap_entry__\.ts$)`;
    const { escapes } = this.#options;
    if (escapes === undefined) return new RegExp(anything);
    const paths = [...escapes].map((path) => `${RegExp.escape(path)}$`);
    return new RegExp(`${anything}(?:${["[^.]", ...paths].join("|")})`);
  }

  /** What the bundler is to take for an import; `undefined` leaves it to its own resolver. */
  resolve({
    path,
    importer,
    resolveDir,
    kind,
  }: Pick<OnResolveArgs, "path" | "importer" | "resolveDir" | "kind">): OnResolveResult | undefined {
    if (isBuiltin(path)) return undefined;
    const host = this.#hostModule(path, importer, resolveDir || dirname(importer));
    if (host === undefined) return undefined;
    const { specifier, file } = host;
    if (kind === "require-resolve") {
      this.#refuse(importer, path, `require.resolve() of "${path}" cannot be answered: it belongs to the host`);
    }
    if (specifier !== "hotswap" && specifier.startsWith("hotswap/")) {
      this.#refuse(importer, path, `"${path}" is not for plugins: what they need is exported by "hotswap"`);
    }
    const owner = file === undefined ? undefined : this.#plugins.ownerOf(file);
    if (owner !== undefined) {
      this.#refuse(
        importer,
        path,
        `"${path}" belongs to the plugin in ${displayPath(owner)}: take what it exports through a dependency, or import types only (\`import type\`)`,
      );
    }
    if (kind === "require-call") return this.#liveModule(specifier, []);
    if (kind === "import-statement") {
      this.#refuseStar(path, importer);
      const taken = file === undefined ? undefined : this.#changingNames(file, path, importer);
      if (taken !== undefined) return this.#liveModule(specifier, taken);
    }
    return { path: HOST_PREFIX + keyOf(specifier), external: true };
  }

  /** The bundler cannot write `export *` of what it does not bundle. */
  #refuseStar(path: string, importer: string): void {
    const source = this.#options.sources.read(importer);
    if (!/\bexport\s*\*/.test(source.text)) return;
    const isStar = source.syntax.exports.some(
      ({ name, value }) => name === "*" && value.kind === "imported" && value.from.specifier === path,
    );
    if (!isStar) return;
    this.#refuse(
      importer,
      path,
      `"${path}" belongs to the host, and \`export *\` of it cannot be bundled: name the exports, \`export { a, b } from "${path}"\``,
    );
  }

  /** The names that `importer` takes from a file of the host, if one of them may change while the host runs. */
  #changingNames(file: string, path: string, importer: string): readonly string[] | undefined {
    const mutable = this.#mutable.of(file);
    if (mutable.size === 0) return undefined;
    const { declarations, exports } = this.#options.sources.read(importer).syntax;
    const taken: string[] = [];
    for (const declared of declarations.values()) {
      if (declared.kind === "import" && declared.from.specifier === path) taken.push(declared.from.name);
    }
    for (const { value } of exports) {
      if (value.kind === "imported" && value.from.specifier === path) taken.push(value.from.name);
    }
    return taken.some((name) => mutable.has(name)) ? taken.filter((name) => name !== "*") : undefined;
  }

  /**
   * How the manifest names the module of the host that `path` means, with the file if it is one of the project;
   * `undefined` when it belongs to the plugin, or does not exist, which the bundler then reports.
   */
  #hostModule(path: string, importer: string, from: string): { specifier: string; file?: string } | undefined {
    const { pluginDir, root, packages, escapes } = this.#options;
    if (path === "hotswap" || path.startsWith("hotswap/")) return { specifier: path };
    // A module of a bundled package: what it asks for comes with it.
    const inPackage = isInPackage(importer) && !isInside(importer, pluginDir);
    if (path.startsWith(".")) {
      if (inPackage || (escapes !== undefined && isInside(join(from, path), pluginDir))) return undefined;
    } else if (!isAbsolute(path)) {
      if (this.#external.some((pattern) => pattern.test(path))) return { specifier: path };
      const home = installedIn(path, from);
      if (home !== undefined) {
        if (packages === "all-host") return { specifier: path };
        if (packages === "plugin" || inPackage || isInside(home, pluginDir)) return undefined;
        return resolveFile(path, from) === undefined ? undefined : { specifier: path };
      }
    }
    const file = inPackage ? undefined : resolveFile(path, from);
    if (file === undefined || isInside(file, pluginDir)) return undefined;
    return { specifier: hostPath(root, file), file };
  }

  #liveModule(specifier: string, names: Iterable<string>): OnResolveResult {
    const known = this.live.get(specifier);
    if (known === undefined) this.live.set(specifier, new Set(names));
    else for (const name of names) known.add(name);
    return { path: specifier, namespace: LIVE_NAMESPACE };
  }

  #refuse(importer: string, specifier: string, message: string): void {
    this.refused.push({ importer, specifier, message });
  }
}

/** Names a host module in the bundler's output with characters that no printer escapes. */
function keyOf(specifier: string): string {
  return Buffer.from(specifier).toString("hex");
}

/** The host module that a key names. */
export function specifierOf(key: string): string {
  return Buffer.from(key, "hex").toString("utf8");
}

/** A package named as external stands for its sub-paths, too. */
function externalPattern(pattern: string): RegExp {
  const source = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${source.join(".*")}(?:/.*)?$`);
}
