import type { BuildArtifact, BuildConfig } from "bun";
import { basename, join, resolve } from "node:path";
import { type Diagnostic, fileDiagnostic } from "../../diagnostic.ts";
import { escapingPaths } from "../../host/escapes.ts";
import { ENTRY_FILE, HostImports } from "../../host/host-imports.ts";
import { isInPackage, isInside } from "../../read/resolve.ts";
import type { FilledOptions } from "../../options.ts";
import type { LiveThing } from "../../read/live-names.ts";
import type { PluginFolder } from "../../read/plugin-folder.ts";
import type { SourceFiles } from "../../read/syntax/source-file.ts";
import { entryCode } from "./entry.ts";
import { bundlerDiagnostics, refusedDiagnostics } from "./messages.ts";
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

/** Bundles a plugin with its live things. */
export async function bundle(
  options: FilledOptions,
  folder: PluginFolder,
  live: readonly LiveThing[],
  sources: SourceFiles,
): Promise<Bundle | FailedBundle> {
  const entry = entryCode(options.pluginDir, folder.rootModule, live);
  const files = folder.modules.map((path) => sources.read(path));
  const first = await run(options, entry, sources, escapingPaths(files, options.pluginDir));
  if (first !== "escaped") return first;
  // A link leads out of the plugin's folder, or a path is written strangely: look at every import.
  const second = await run(options, entry, sources, undefined);
  if (second === "escaped") throw new Error(`the bundle of ${options.pluginDir} holds files of the host`);
  return second;
}

async function run(
  options: FilledOptions,
  entry: string,
  sources: SourceFiles,
  escapes: ReadonlySet<string> | undefined,
): Promise<Bundle | FailedBundle | "escaped"> {
  const { pluginDir, root, bundler } = options;
  const { packages, external } = bundler;
  const imports = new HostImports({ pluginDir, root, packages, external, sources, escapes });
  const config = configuration(options, entry, imports);
  const output = await Bun.build(config);
  const refused = refusedDiagnostics(imports.refused, sources);
  const errors = output.logs.filter(({ level }) => level === "error");
  const messages = bundlerDiagnostics(errors, sources, pluginDir);
  if (escapes !== undefined && messages.some(({ file }) => escaped(file, pluginDir))) return "escaped";
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
  const warned = output.logs.filter(({ level }) => level === "warning");
  return { ...parts, text, live: imports.live, warnings: bundlerDiagnostics(warned, sources, pluginDir) };
}

function configuration(options: FilledOptions, entry: string, imports: HostImports): BuildConfig {
  const file = join(options.pluginDir, ENTRY_FILE);
  return { ...bundlerConfig(options), entrypoints: [file], files: { [file]: entry }, plugins: [imports.plugin()] };
}

/** What the bundler is told in every case. */
export function bundlerConfig({ bundler: { config } }: FilledOptions): Omit<BuildConfig, "entrypoints"> {
  return {
    ...config,
    target: "bun",
    format: "esm",
    sourcemap: "external",
    throw: false,
    // Otherwise both depend on the environment of the build, and the same source would not give the same artifact.
    define: { "process.env.NODE_ENV": "process.env.NODE_ENV", ...config.define },
    jsx: { development: false, ...config.jsx },
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
