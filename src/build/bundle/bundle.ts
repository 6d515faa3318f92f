import type { BuildArtifact, BuildConfig, BunPlugin } from "bun";
import { basename, join, resolve } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import { fileDiagnostic } from "../diagnostic.ts";
import type { FilledOptions } from "../options.ts";
import type { SourceFiles } from "../source/source-file.ts";
import { entryCode, LIVE_REGISTRY, OWN_PREFIX } from "./entry.ts";
import { ENTRY_FILE, HostImports, liveModuleCode, VIRTUAL } from "./host-imports.ts";
import { bundlerDiagnostics, refusedDiagnostics } from "./messages.ts";
import { isInPackage, isInside } from "./resolve.ts";
import { isVirtual, readBundle } from "./source-map.ts";

/** What the bundler made of a plugin, not yet linked to the host. */
export interface Bundle extends ReturnType<typeof readBundle> {
  /** The bundler's output as it is. */
  readonly text: string;
  /** See {@link HostImports.live}. */
  readonly live: ReadonlyMap<string, ReadonlySet<string>>;
  readonly warnings: readonly Diagnostic[];
}

/** Why the bundler made nothing. */
export interface FailedBundle {
  readonly problems: readonly Diagnostic[];
}

/**
 * Bundles a plugin.
 *
 * @param rootModule absolute path of the plugin's root module
 * @param registry code of the live registry, which may be made while the bundler is at work
 */
export async function bundle(
  options: FilledOptions,
  rootModule: string,
  registry: Promise<string>,
  sources: SourceFiles,
): Promise<Bundle | FailedBundle> {
  const first = await run(options, rootModule, registry, sources, false);
  return first === "escaped" ? runSuspicious(options, rootModule, registry, sources) : first;
}

/** A link in the plugin's folder leads out of it: only looking at every import tells which files are the host's. */
async function runSuspicious(
  options: FilledOptions,
  rootModule: string,
  registry: Promise<string>,
  sources: SourceFiles,
): Promise<Bundle | FailedBundle> {
  const second = await run(options, rootModule, registry, sources, true);
  if (second === "escaped") throw new Error(`the bundle of ${options.pluginDir} holds files of the host`);
  return second;
}

async function run(
  options: FilledOptions,
  rootModule: string,
  registry: Promise<string>,
  sources: SourceFiles,
  suspicious: boolean,
): Promise<Bundle | FailedBundle | "escaped"> {
  const { pluginDir, root, bundler } = options;
  const imports = new HostImports({
    pluginDir,
    root,
    packages: bundler.packages,
    external: bundler.external,
    sources,
    suspicious,
  });
  const config = configuration(options, rootModule, plugin(imports, registry, pluginDir));
  const output = await Bun.build(config);
  const refused = refusedDiagnostics(imports.refused, sources);
  const messages = bundlerDiagnostics(output.logs, sources, pluginDir);
  if (!suspicious && messages.some(({ file }) => escaped(file, pluginDir))) return "escaped";
  const result = output.outputs.find(({ kind }) => kind === "entry-point");
  const map = output.outputs.find(({ kind }) => kind === "sourcemap");
  const others = output.outputs.filter((file) => file !== result && file !== map);
  if (!output.success || result === undefined || map === undefined || refused.length > 0) {
    return { problems: output.success ? refused : [...refused, ...messages] };
  }
  if (others.length > 0) return { problems: await extraFiles(config, others, sources) };
  const text = await result.text();
  const parts = readBundle(text, await map.text());
  const files = parts.map.sources.filter((source) => !isVirtual(source)).map((source) => resolve(source));
  if (files.some((file) => escaped(file, pluginDir))) return "escaped";
  return { ...parts, text, live: imports.live, warnings: messages };
}

function configuration(options: FilledOptions, rootModule: string, own: BunPlugin): BuildConfig {
  const entry = join(options.pluginDir, ENTRY_FILE);
  const { config } = options.bundler;
  return {
    ...config,
    entrypoints: [entry],
    files: { [entry]: entryCode(`./${basename(rootModule)}`) },
    target: "bun",
    format: "esm",
    sourcemap: "external",
    throw: false,
    plugins: [own],
    // Otherwise both depend on the environment of the build, and the same source would not give the same artifact.
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV", ...config.define },
    jsx: { development: false, ...config.jsx },
  };
}

/** One plugin, because the bundler takes some time to set up each. */
function plugin(imports: HostImports, registry: Promise<string>, pluginDir: string): BunPlugin {
  return {
    name: "hotswap",
    setup(build) {
      build.onResolve({ filter: imports.filter }, (args) => {
        if (args.path === LIVE_REGISTRY) return { path: "live-registry", namespace: VIRTUAL };
        if (args.path.startsWith(OWN_PREFIX)) return { path: join(pluginDir, args.path.slice(OWN_PREFIX.length)) };
        return imports.resolve(args);
      });
      build.onLoad({ filter: /./, namespace: VIRTUAL }, async ({ path }) =>
        path === "live-registry"
          ? { contents: await registry, loader: "ts" }
          : { contents: liveModuleCode(path), loader: "js" },
      );
    },
  };
}

function escaped(file: string, pluginDir: string): boolean {
  return !isInside(file, pluginDir) && !isInPackage(file);
}

/** An artifact is one file; what the bundler would put beside it cannot come along. */
async function extraFiles(
  config: BuildConfig,
  extra: readonly BuildArtifact[],
  sources: SourceFiles,
): Promise<Diagnostic[]> {
  // Who imports what is asked for only here: it takes the bundler some time to say.
  const { metafile } = await Bun.build({ ...config, metafile: true });
  const importers = Object.entries(metafile?.inputs ?? {});
  return extra.flatMap(({ path }) => {
    const name = basename(path).replace(/-\w+(\.\w+)$/, "$1");
    const message = `"${name}" would become a file of its own beside the artifact: carry it with --include and read it with asset(), or import it \`with { type: "text" }\``;
    const found = importers.flatMap(([importer, { imports }]) =>
      imports
        .filter((entry) => basename(entry.path) === name)
        .map((entry) => {
          const file = sources.read(resolve(importer));
          return file.problem(message, file.findImport(entry.original ?? ""));
        }),
    );
    return found.length > 0 ? found : [fileDiagnostic(resolve(path), message)];
  });
}
