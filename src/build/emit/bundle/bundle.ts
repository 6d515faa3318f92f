import type { BuildArtifact, BuildConfig, BunPlugin } from "bun";
import { basename, join, relative, resolve } from "node:path";
import { type Diagnostic, fileDiagnostic } from "../../diagnostic.ts";
import { escapingPaths } from "../../host/escapes.ts";
import { PluginContexts } from "../../host/context/plugin-contexts.ts";
import { ENTRY_FILE, HostImports, type HostImportsOptions } from "../../host/host-imports.ts";
import { type HostLinks, linkHost } from "../../host/link-host.ts";
import type { WorkerCode } from "../../../artifact/manifest.ts";
import { isInside } from "../../../load/resolve.ts";
import { isInPackage } from "../../read/resolve.ts";
import type { FilledOptions } from "../../options.ts";
import type { LiveThing } from "../../read/live-names.ts";
import { isCode, type PluginFolder } from "../../read/plugin-folder.ts";
import type { SourceFiles } from "../../read/syntax/source-file.ts";
import { entryCode } from "./entry.ts";
import { bundlerDiagnostics, refusedDiagnostics, withoutRefused } from "./messages.ts";
import { isVirtual, nameModules, readBundle, withSourceTexts } from "./source-map.ts";

/** What the bundler made of a plugin, not yet linked to the host. */
export interface Bundle extends ReturnType<typeof readBundle> {
  /** The bundler's output as it is. */
  readonly text: string;
  readonly links: HostLinks;
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
  return bundleEntry(options, folder, { entry, sources, starting: [] });
}

async function bundleEntry(
  options: FilledOptions,
  folder: PluginFolder,
  begin: Omit<Start, "escapes">,
): Promise<Bundle | FailedBundle> {
  const { sources } = begin;
  const files = folder.modules.map((path) => sources.read(path));
  const first = await run(options, folder, { ...begin, escapes: escapingPaths(files, options.pluginDir) });
  if (!("escaped" in first)) return first;
  // A link leads out of the plugin's folder, or a path is written strangely: look at every import.
  const second = await run(options, folder, { ...begin, escapes: undefined });
  if (!("escaped" in second)) return second;
  const message = `it is not the plugin's, and was bundled: import it by a path or a package that leads to it, or report this as a bug of hotswap`;
  return { problems: second.escaped.map((file) => fileDiagnostic(file, message)) };
}

/** What one run of the bundler begins with. */
interface Start {
  readonly entry: string;
  readonly sources: SourceFiles;
  /** Absolute paths of workers: the one whose code is bundled, and those that start it. */
  readonly starting: readonly string[];
  readonly escapes: HostImportsOptions["escapes"];
}

async function run(
  options: FilledOptions,
  folder: PluginFolder,
  { entry, sources, starting, escapes }: Start,
): Promise<Bundle | FailedBundle | { readonly escaped: readonly string[] }> {
  const { pluginDir, root, bundler } = options;
  const { packages, external } = bundler;
  const imports = new HostImports({ pluginDir, root, packages, external, sources, escapes });
  const contexts = new PluginContexts({
    pluginDir,
    folder,
    host: imports,
    defined: Object.keys(bundler.config.define ?? {}),
    starting,
  });
  for (const path of folder.modules) contexts.edit(sources.read(path));
  const config = configuration(options, entry, [imports.plugin(), contextPlugin(contexts, sources)]);
  const output = await Bun.build(config);
  const refused = refusedDiagnostics(imports.refused, sources);
  const errors = output.logs.filter(({ level }) => level === "error");
  const messages = bundlerDiagnostics(errors, sources, pluginDir);
  const complained = messages.map(({ file }) => file).filter((file) => escaped(file, pluginDir));
  if (escapes !== undefined && complained.length > 0) return { escaped: complained };
  const result = output.outputs.find(({ kind }) => kind === "entry-point");
  const map = output.outputs.find(({ kind }) => kind === "sourcemap");
  const others = output.outputs.filter((file) => file !== result && file !== map);
  if (!output.success || result === undefined || map === undefined || refused.length > 0) {
    return { problems: output.success ? refused : [...refused, ...withoutRefused(messages, imports.refused)] };
  }
  if (others.length > 0) return { problems: await extraFiles(config, others, sources) };
  const text = await result.text();
  const { code, map: bundledMap } = readBundle(text, await map.text());
  const files = bundledMap.sources.filter((source) => !isVirtual(source)).map((source) => resolve(source));
  const outside = files.filter((file) => escaped(file, pluginDir));
  if (outside.length > 0) return { escaped: outside };
  const computed = contexts.warningsOf(files);
  if (computed.length > 0 && rejectsUnresolved(options)) return { problems: computed };
  const workers = await bundleWorkers(options, folder, { sources, starting, paths: contexts.workersOf(files) });
  if ("problems" in workers) return workers;
  const warned = output.logs.filter(({ level }) => level === "warning");
  return {
    code,
    map: withSourceTexts(bundledMap, (path) => (contexts.modules.has(path) ? sources.read(path).text : undefined)),
    text,
    links: {
      live: new Map(imports.live.values().map(({ key, written }) => [key, written])),
      later: contexts.laterModulesOf(files),
      workers: workers.code,
      contexts: new Map(
        contexts.modules.entries().map(([path, { id }]) => [id, relative(pluginDir, path).replaceAll("\\", "/")]),
      ),
    },
    warnings: [...bundlerDiagnostics(warned, sources, pluginDir), ...computed],
  };
}

/** The code of each worker, bundled and linked by itself. */
async function bundleWorkers(
  options: FilledOptions,
  folder: PluginFolder,
  { sources, starting, paths }: Pick<Start, "sources" | "starting"> & { readonly paths: Iterable<string> },
): Promise<{ readonly code: ReadonlyMap<string, WorkerCode> } | FailedBundle> {
  const code = new Map<string, WorkerCode>();
  for (const path of [...paths].toSorted()) {
    const file = join(options.pluginDir, path);
    const entry = `import ${JSON.stringify(`./${path}`)};\n`;
    const bundled = await bundleEntry(options, folder, { entry, sources, starting: [...starting, file] });
    if ("problems" in bundled) return bundled;
    const linked = linkHost(nameModules(bundled.code, options.root), bundled.links);
    code.set(path, { hostModules: linked.hostModules, text: `${linked.prologue}\n${linked.code}` });
  }
  return { code };
}

function configuration(options: FilledOptions, entry: string, plugins: BunPlugin[]): BuildConfig {
  const file = join(options.pluginDir, ENTRY_FILE);
  return { ...bundlerConfig(options), entrypoints: [file], files: { [file]: entry }, plugins };
}

/** The build was asked to fail for what is only known at run time. */
function rejectsUnresolved({ bundler: { config } }: FilledOptions): boolean {
  return config.allowUnresolved?.some((pattern) => pattern === "" || pattern === "*") === false;
}

/** Files that are not listed as modules of the plugin, but may be imported. */
const unlisted = String.raw`[\\/](?:node_modules|__tests__|\.[^\\/]+)[\\/]|[._](?:test|spec)\.`;

/** Gives the bundler the modules that have a context as they are with it. All others it reads itself, on its own threads. */
function contextPlugin(contexts: PluginContexts, sources: SourceFiles): BunPlugin {
  const edited = Array.from(contexts.modules.keys(), (path) => `^${RegExp.escape(path)}$`);
  return {
    name: "hotswap-context",
    setup: (build) => {
      build.onLoad({ filter: new RegExp([...edited, unlisted].join("|")), namespace: "file" }, ({ path, loader }) => {
        const known = contexts.modules.get(path) ?? (isCode(path) ? contexts.edit(sources.read(path)) : undefined);
        return known === undefined ? undefined : { contents: known.text, loader };
      });
    },
  };
}

/** What the bundler is told in every case. */
export function bundlerConfig({
  bundler: { config },
}: Pick<FilledOptions, "bundler">): Omit<BuildConfig, "entrypoints"> {
  return {
    ...config,
    target: "bun",
    format: "esm",
    sourcemap: "external",
    throw: false,
    // Without these, both depend on the environment of the build, and the same source would not give the same artifact.
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
  // Only here is the bundler asked who imports what: the answer takes it some time.
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
