import type { BunPlugin, OnResolveArgs, OnResolveResult } from "bun";
import { isBuiltin } from "node:module";
import { dirname, isAbsolute, join, relative } from "node:path";
import { BRIDGE_GLOBAL, hostLabel, type HostModuleName, readHostLabel } from "../../artifact/manifest.ts";
import { installedIn, isInside, isModuleModule } from "../../load/resolve.ts";
import { displayPath } from "../diagnostic.ts";
import { hostPath, isInPackage, resolveFile } from "../read/resolve.ts";
import type { SourceReader } from "../read/syntax/source-file.ts";
import { anythingMutable, MutableExports, type MutableNames, nothingMutable } from "./mutable-exports.ts";
import { PluginFolders } from "./plugin-folders.ts";

/** How the bundler's output names a module of the host; the key of the module follows. */
export const HOST_PREFIX = "hotswap-host-module:";

/** How the code of a wrapper begins, through which a module's bindings are read as they are; the key of the module follows. */
export const LIVE_CALL = `${BRIDGE_GLOBAL}.live(`;

/** The file that the bundler is told to begin with; it exists only in memory. */
export const ENTRY_FILE = "__hotswap_entry__.ts";

/** The namespace of the wrappers through which live bindings are reached; a path in it is a host module's name. */
const LIVE_NAMESPACE = "hotswap-live";

/** Files that are not modules in a bundle: they would become files beside it. */
const unbundled = /\.(?:css|html?|node|wasm|sqlite3?|db)$/;

/** What a file of the plugin may be taken for, whatever it is called. */
export const dataTypes: ReadonlySet<string> = new Set(["json", "jsonc", "json5", "toml", "yaml", "text"]);

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

/** A module of the host, with its file unless that belongs to a package. */
export interface FoundModule {
  readonly name: HostModuleName;
  readonly file?: string | undefined;
  /** The exports that it may assign to while the host runs, as far as its source shows. */
  readonly mutable: MutableNames;
}

/**
 * Decides for each import of a plugin whether what it names belongs to the plugin, and is bundled, or to the host, and is
 * taken from the bridge (SPEC 2.4).
 */
export class HostImports {
  /** By the paths of their wrappers: host modules whose bindings are read as they are at each time. */
  readonly live = new Map<string, { readonly key: string; readonly written: Set<string> }>();
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

  /** The folders of the host that were checked for being plugins. */
  get folders(): Iterable<string> {
    return this.#plugins.folders;
  }

  plugin(): BunPlugin {
    return {
      name: "hotswap",
      setup: (build) => {
        build.onResolve({ filter: this.#filter() }, (args) => this.resolve(args));
        build.onLoad({ filter: /./, namespace: LIVE_NAMESPACE }, ({ path }) => ({
          contents: `module.exports = ${LIVE_CALL}"${this.live.get(path)?.key}");\n`,
          loader: "js",
        }));
      },
    };
  }

  /**
   * Matches the specifiers that {@link resolve} decides about. All that can neither leave the folder nor name a package
   * is left to the bundler's own resolver, on its own threads: a call of ours costs as much as parsing a small file.
   */
  #filter(): RegExp {
    const anything = String.raw`^(?!node:|bun:|.*__hotswap_entry__\.ts$)`;
    const { escapes } = this.#options;
    if (escapes === undefined) return new RegExp(anything);
    const paths = [...escapes].map((path) => `${RegExp.escape(path)}$`);
    return new RegExp(`${anything}(?:${["[^.]", `.*${unbundled.source}`, ...paths].join("|")})`);
  }

  /** What the bundler is to take for an import; `undefined` leaves it to its own resolver. */
  resolve({
    path,
    importer,
    resolveDir,
    kind,
  }: Pick<OnResolveArgs, "path" | "importer" | "resolveDir" | "kind">): OnResolveResult | undefined {
    // An @import or url() of a style sheet means a file beside it.
    if (kind === "import-rule" || kind === "url-token") return undefined;
    // With attributes it is data.
    if (path.startsWith(HOST_PREFIX)) return { path, external: true };
    const found = this.find(path, importer, resolveDir || dirname(importer));
    if (found === undefined) {
      if (unbundled.test(path) && !isInPackage(importer)) this.refuseOwn(path, importer, "");
      return undefined;
    }
    return this.#bridged(found, path, importer, kind);
  }

  /** How the code names what `specifier` is with a `type` attribute; `undefined` when it belongs to the plugin. */
  named(specifier: string, importer: string, type: string): string | undefined {
    const found = this.find(specifier, importer, dirname(importer));
    return found === undefined ? undefined : HOST_PREFIX + keyOf({ ...found.name, type });
  }

  /** A file of the plugin that is read as something which an artifact cannot hold. */
  refuseOwn(specifier: string, importer: string, attributes: string): void {
    const what = attributes === "" ? `"${specifier}"` : `"${specifier}" ${attributes}`;
    this.#refuse(
      importer,
      specifier,
      `${what} would be a file of its own beside the artifact: carry it with --include and read it with asset(), import it \`with { type: "text" }\`, or move it out of the plugin's folder, where it is the host's`,
    );
  }

  #bridged(
    { name, mutable }: FoundModule,
    path: string,
    importer: string,
    kind: OnResolveArgs["kind"],
  ): OnResolveResult {
    const key = keyOf(name);
    if (kind === "import-statement") this.#refuseStar(path, importer);
    // Exports that cannot change are bound once. The bundler uses one result for all imports of a specifier.
    if (!mutable.unknown && mutable.names.size === 0) return { path: HOST_PREFIX + key, external: true };
    const written = writtenNames(this.#options.sources.read(importer).text, path);
    const wrapper = name.from === undefined ? name.specifier : `${name.from}/${name.specifier}`;
    const live = this.live.get(wrapper) ?? { key, written: new Set() };
    this.live.set(wrapper, live);
    for (const taken of written) live.written.add(taken);
    return { path: wrapper, namespace: LIVE_NAMESPACE };
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

  /**
   * The module of the host that `path` means; `undefined` when it belongs to the plugin or to Bun, or does not exist, which
   * the bundler then reports. What a plugin may not have is remembered as refused.
   */
  find(path: string, importer: string, from: string): FoundModule | undefined {
    if (isBuiltin(path))
      return isModuleModule(path) ? { name: { specifier: path }, mutable: nothingMutable } : undefined;
    const found = this.#hostModule(path, importer, from);
    if (found === undefined) return undefined;
    const { name, file } = found;
    if (name.specifier !== "hotswap" && name.specifier.startsWith("hotswap/")) {
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
    return found;
  }

  #hostModule(path: string, importer: string, from: string): FoundModule | undefined {
    const { pluginDir, root, escapes } = this.#options;
    if (path === "hotswap" || path.startsWith("hotswap/"))
      return { name: { specifier: path }, mutable: nothingMutable };
    // A module of a bundled package: what it asks for comes with it.
    const inPackage = isInPackage(importer) && !isInside(importer, pluginDir);
    if (path.startsWith(".")) {
      if (inPackage || (escapes !== undefined && isInside(join(from, path), pluginDir))) return undefined;
    } else if (!isAbsolute(path)) {
      const home = installedIn(path, from);
      if (this.#external.some((pattern) => pattern.test(path))) {
        return { name: this.#named(path, home ?? root, undefined), mutable: anythingMutable };
      }
      if (home !== undefined) return this.#packageModule(path, from, home, inPackage);
    }
    const file = resolveFile(path, from);
    if (file === undefined || isInside(file, pluginDir) || (inPackage && isInPackage(file))) return undefined;
    return { name: { specifier: hostPath(root, file) }, file, mutable: this.#mutable.of(file) };
  }

  /**
   * The real folder of a package decides who owns it: a link in the plugin's own `node_modules` may lead to the host.
   */
  #packageModule(path: string, from: string, home: string, inPackage: boolean): FoundModule | undefined {
    const { pluginDir, root, packages } = this.#options;
    if (packages === "all-host") return { name: this.#named(path, home, undefined), mutable: anythingMutable };
    const file = resolveFile(path, from);
    if (file === undefined || isInside(file, pluginDir)) return undefined;
    if ((packages === "plugin" || inPackage) && isInPackage(file)) return undefined;
    const name = this.#named(path, home, file);
    const mutable = this.#mutable.of(file);
    return isInPackage(file) || !isInside(file, root) ? { name, mutable } : { name, file, mutable };
  }

  /** From the root, if the specifier means the same there; otherwise from the folder whose `node_modules` has it. */
  #named(specifier: string, home: string, file: string | undefined): HostModuleName {
    const { root } = this.#options;
    if (home === root || (file !== undefined && resolveFile(specifier, root) === file)) return { specifier };
    const place = relative(root, home).replaceAll("\\", "/");
    return place === "" ? { specifier } : { specifier, from: place };
  }

  #refuse(importer: string, specifier: string, message: string): void {
    this.refused.push({ importer, specifier, message });
  }
}

/** Names a host module in the bundler's output with characters that no printer escapes. */
export function keyOf(name: HostModuleName): string {
  return Buffer.from(hostLabel(name)).toString("hex");
}

/** The host module that a key names. */
export function readKey(key: string): HostModuleName {
  return readHostLabel(Buffer.from(key, "hex").toString("utf8"));
}

/** Stands for whatever is read of a module. */
export const ANY_NAME = "*";

/** What stands between `import` or `export` and the specifier; names in it are taken from the module, if they are used. */
function writtenNames(text: string, specifier: string): Set<string> {
  const names = new Set<string>();
  // The compiler itself imports what JSX needs.
  if (!text.includes(specifier)) names.add(ANY_NAME);
  for (const quoted of [`"${specifier}"`, `'${specifier}'`]) {
    for (let at = text.indexOf(quoted); at !== -1; at = text.indexOf(quoted, at + 1)) {
      const start = Math.max(text.lastIndexOf("import", at), text.lastIndexOf("export", at));
      const clause = start === -1 ? "" : text.slice(start + "import".length, at);
      if (!/^[^;"'()]*\bfrom\s*$/.test(clause.replaceAll(/"[^"]*"|'[^']*'/g, ""))) continue;
      if (/^\s+(?!type\b(?!\s+from\b|\s*,))[\w$]/.test(clause)) names.add("default");
      for (const part of /\{([^}]*)\}/.exec(clause)?.[1]?.split(",") ?? []) {
        const [, plain, odd] = /^\s*(?:type\s+)?(?:([\w$]+)|["'](.*?)["'])/.exec(part) ?? [];
        const name = plain ?? odd;
        if (name !== undefined) names.add(name);
      }
    }
  }
  return names;
}

/** A package named as external stands for its sub-paths, too. */
function externalPattern(pattern: string): RegExp {
  const source = pattern.split("*").map((part) => RegExp.escape(part));
  return new RegExp(`^${source.join(".*")}(?:/.*)?$`);
}
