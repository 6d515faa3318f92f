import type { BunPlugin, OnResolveArgs, OnResolveResult } from "bun";
import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { BRIDGE_GLOBAL } from "../../artifact/manifest.ts";
import { isInside, packageName, resolveFile } from "./resolve.ts";

/** How the bundler's output names a module of the host; the key of the module follows. */
export const HOST_PREFIX = "hotswap-host:";

/** How the code of a live module's wrapper begins; the key of the module follows. */
export const LIVE_CALL = `${BRIDGE_GLOBAL}.live(`;

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
  readonly packages: "host" | "bundle";
}

/** Decides for each import of a plugin whether it stays in the plugin or belongs to the host. */
export class HostImports {
  /** Host modules that are reached through {@link LIVE_CALL}, with the names that are known to be taken from them. */
  readonly live = new Map<string, Set<string>>();
  readonly refused: RefusedImport[] = [];
  readonly #options: HostImportsOptions;

  constructor(options: HostImportsOptions) {
    this.#options = options;
  }

  plugin(): BunPlugin {
    return {
      name: "hotswap-host",
      setup: (build) => {
        // What can neither leave the folder nor be a package is left to the bundler's own resolver, on its own threads.
        build.onResolve({ filter: /^(?!node:|bun:|.*__hotswap_entry__)(?:[^./]|.*\.\.)/ }, (args) =>
          this.#resolve(args),
        );
        build.onLoad({ filter: /./, namespace: LIVE_NAMESPACE }, ({ path }) => ({
          contents: `module.exports = ${LIVE_CALL}"${keyOf(path)}");\n`,
          loader: "js",
        }));
      },
    };
  }

  #resolve({ path, importer, resolveDir, kind }: OnResolveArgs): OnResolveResult | undefined {
    if (isBuiltin(path)) return undefined;
    const from = resolveDir || dirname(importer);
    const specifier = this.#hostSpecifier(path, from);
    if (specifier === undefined) return undefined;
    if (specifier === "hotswap/build") {
      this.refused.push({
        importer,
        specifier: path,
        message: `a plugin cannot import "${path}": it is for build scripts`,
      });
    }
    if (kind === "require-call") {
      if (!this.live.has(specifier)) this.live.set(specifier, new Set());
      return { path: specifier, namespace: LIVE_NAMESPACE };
    }
    return { path: HOST_PREFIX + keyOf(specifier), external: true };
  }

  /** How the manifest names the host module that `path` means; `undefined` when it is not the host's. */
  #hostSpecifier(path: string, from: string): string | undefined {
    const { pluginDir, root, packages } = this.#options;
    if (path === "hotswap" || path.startsWith("hotswap/")) return path;
    const file = resolveFile(path, from);
    if (file === undefined || isInside(file, pluginDir)) return undefined;
    const bare = !path.startsWith(".") && !path.startsWith("/");
    if (file.includes(`${sep}node_modules${sep}`) || (bare && this.#isInstalled(path, from))) {
      return packages === "bundle" || !bare ? undefined : path;
    }
    return `./${relative(root, file).replaceAll("\\", "/")}`;
  }

  #isInstalled(specifier: string, from: string): boolean {
    const name = packageName(specifier);
    for (let dir = from; ; dir = dirname(dir)) {
      if (existsSync(join(dir, "node_modules", name))) return true;
      if (dir === dirname(dir)) return false;
    }
  }
}

/** Names a host module in the bundler's output with characters that no printer escapes. */
function keyOf(specifier: string): string {
  return Buffer.from(specifier).toString("hex");
}

/** The inverse of the key. */
export function specifierOf(key: string): string {
  return Buffer.from(key, "hex").toString("utf8");
}
