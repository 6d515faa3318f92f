import { isBuiltin } from "node:module";
import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { HostImports, HOST_PREFIX, specifierOf } from "../host/host-imports.ts";
import { isInPackage, isInside, resolveFile } from "../host/resolve.ts";
import type { FilledOptions } from "../options.ts";
import { isCode, type PluginFolder } from "../source/plugin-folder.ts";
import type { SourceFiles } from "../source/source-file.ts";
import { NeedsBundler } from "./needs-bundler.ts";

/**
 * What an import names: a module of the plugin, by its absolute path, one of Bun's own, or one of the host, by the
 * specifier that the manifest has for it.
 */
export type Target =
  | { readonly kind: "own"; readonly path: string }
  | { readonly kind: "builtin"; readonly specifier: string }
  | { readonly kind: "host"; readonly specifier: string };

/** Files that say how imports are resolved. */
const settings = ["package.json", "tsconfig.json", "jsconfig.json", "bunfig.toml"];

/** Finds what imports name, once for each as long as nothing comes, goes or changes that it depends on. */
export class Resolution {
  readonly #options: FilledOptions;
  readonly #sources: SourceFiles;
  readonly #targets = new Map<string, Target>();
  #basis = "";
  #host: HostImports;

  constructor(options: FilledOptions, sources: SourceFiles) {
    this.#options = options;
    this.#sources = sources;
    this.#host = this.#newHost();
  }

  /** To be called when a build begins; answers whether what was found before still holds. */
  renew({ modules, otherFiles }: PluginFolder): boolean {
    const { pluginDir, root } = this.#options;
    const outside = [pluginDir, root].flatMap((dir) => settings.map((name) => join(dir, name)));
    const basis = [...modules, "", ...otherFiles, "", ...outside.map(stateOf), ...this.#hostFiles().map(stateOf)].join(
      "\n",
    );
    const holds = basis === this.#basis;
    if (!holds) {
      this.#targets.clear();
      this.#host = this.#newHost();
    }
    this.#basis = basis;
    return holds;
  }

  /** Throws {@link NeedsBundler} for what cannot be found, is refused, or is neither code nor the host's. */
  find(specifier: string, importer: string, kind: "import-statement" | "dynamic-import"): Target {
    const key = `${specifier}\n${kind}\n${importer}`;
    let target = this.#targets.get(key);
    if (target === undefined) {
      target = this.#find(specifier, importer, kind);
      this.#targets.set(key, target);
    }
    return target;
  }

  #find(specifier: string, importer: string, kind: "import-statement" | "dynamic-import"): Target {
    if (isBuiltin(specifier)) return { kind: "builtin", specifier };
    const from = dirname(importer);
    const host = this.#host.resolve({ path: specifier, importer, resolveDir: from, kind });
    if (this.#host.refused.length > 0 || this.#host.live.size > 0) {
      throw new NeedsBundler(`${importer} may not import "${specifier}", or needs it to stay live`);
    }
    if (host !== undefined)
      return { kind: "host", specifier: specifierOf((host.path ?? "").slice(HOST_PREFIX.length)) };
    const path = resolveFile(specifier, from);
    if (path === undefined || !isCode(path) || !isInside(path, this.#options.pluginDir) || isInPackage(path)) {
      throw new NeedsBundler(`${importer} imports "${specifier}", which is no module of the plugin`);
    }
    return { kind: "own", path };
  }

  /** The files of the host that imports name; what they export decides how they are imported. */
  #hostFiles(): string[] {
    const { root } = this.#options;
    const files = [...this.#targets.values()].flatMap((target) =>
      target.kind === "host" && target.specifier.startsWith(".") ? [join(root, target.specifier)] : [],
    );
    return [...new Set(files)];
  }

  #newHost(): HostImports {
    const { pluginDir, root, bundler } = this.#options;
    const { packages, external } = bundler;
    return new HostImports({ pluginDir, root, packages, external, sources: this.#sources, escapes: undefined });
  }
}

/** A name for the state that a file is in. */
function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? path : `${path} ${stats.size} ${stats.ctimeMs} ${stats.ino}`;
}
