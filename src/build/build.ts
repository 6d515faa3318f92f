import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type EncodedArtifact, encodeArtifact } from "../artifact/encode.ts";
import type { Manifest } from "../artifact/manifest.ts";
import { artifactFile, isPublished, publishArtifact } from "../artifact/publish.ts";
import type { Bundle } from "./bundle/bundle.ts";
import { entryCode } from "./bundle/entry.ts";
import { inOrder } from "./bundle/messages.ts";
import { artifactMap, isVirtual, nameModules } from "./bundle/source-map.ts";
import { BuildError, type Diagnostic, fileDiagnostic } from "./diagnostic.ts";
import { ENTRY_FILE } from "./host/host-imports.ts";
import { linkHost } from "./host/link-host.ts";
import { isInPackage, isInside } from "./host/resolve.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "./options.ts";
import { readAndBundle } from "./read-and-bundle.ts";
import { type CarriedFile, readCarriedFiles } from "./source/assets.ts";
import { warnOfOwnPlace } from "./source/import-meta.ts";
import type { LiveThing } from "./source/live-names.ts";
import { isCode, type PluginFolder, readPluginFolder } from "./source/plugin-folder.ts";
import { readLiveNames } from "./source/read-live-names.ts";
import { checkRootModule } from "./source/root-module.ts";
import { SourceFiles } from "./source/source-file.ts";
import { type StepTimings, Stopwatch } from "./stopwatch.ts";

/** What a build made. */
export interface BuildResult {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** Absolute path of the artifact; with `bundle: false`, of the code that the bundler would begin with. */
  readonly file: string;
  /** SHA-256 of the file's content, 64 hexadecimal digits. */
  readonly hash: string;
  /** Size of the file in bytes. */
  readonly size: number;
  /** What the artifact says about itself; with `bundle: false`, which modules are the host's is not known. */
  readonly manifest: Manifest;
  /** The artifact was there already, byte for byte, and was not touched. */
  readonly unchanged: boolean;
  /** What is probably a mistake, but does no harm to the build. */
  readonly warnings: readonly Diagnostic[];
  /** The modules that were bundled, by their paths from the project's root. */
  readonly modules: readonly string[];
  /** Milliseconds of each step. The definition is checked while the bundler is at work. */
  readonly timings: StepTimings;
  /** The folder that holds the intermediate files, with `leaveTemps`. */
  readonly temps?: string;
}

/**
 * Builds a plugin's folder into one artifact, which is published atomically. The same source gives the same bytes,
 * wherever the project lies. Throws HOTSWAP_BUILD_FAILED: a {@link BuildError} with every problem of the source that was
 * found, or a plain HotswapError for an option that cannot be used. An earlier artifact is left as it was then.
 */
export async function build(options: BuildOptions): Promise<BuildResult> {
  const filled = fillOptions(options);
  const { name, pluginDir, root, outputDir } = filled;
  const stopwatch = new Stopwatch();
  const sources = new SourceFiles();
  const folder = readPluginFolder(pluginDir);
  if (!filled.bundle) return writeEntry(filled, folder, sources, stopwatch);
  const { live, bundled, problems } = await readAndBundle(filled, folder, sources, stopwatch);
  if (bundled === undefined) throw new BuildError(name, inOrder(problems));

  const carried = readCarriedFiles(filled, folder);
  const { code, prologue, hostModules } = linkHost(nameModules(bundled.code, root), bundled.live);
  const manifest: Manifest = {
    name,
    hostModules,
    liveFuncs: definingFiles(live.things, "function", pluginDir),
    liveTypes: definingFiles(live.things, "type", pluginDir),
    assets: carried.map(({ entry }) => entry),
  };
  const map = artifactMap(bundled.map, root);
  const modules = map.sources.filter((source) => !isVirtual(source) && !source.endsWith(ENTRY_FILE));
  stopwatch.lap("link");
  const sourceMap = filled.bundler.sourceMap ? map.json : undefined;
  const artifact = encodeArtifact({ manifest, prologue, code, assets: carried.map(({ bytes }) => bytes), sourceMap });
  stopwatch.lap("encode");
  options.beforePublish?.();
  const { file, unchanged } = write(outputDir, name, artifact);
  const kept = filled.leaveTemps ? await temps(filled, folder, live.things, bundled, manifest) : undefined;
  stopwatch.lap("write");
  return {
    name,
    file,
    hash: artifact.hash,
    size: artifact.bytes.length,
    manifest,
    unchanged,
    warnings: inOrder([
      ...live.warnings,
      ...bundled.warnings,
      ...warnOfOwnPlace(ownModules(filled, modules).map((path) => sources.read(path))),
      ...carryWarnings(filled, carried),
    ]),
    modules,
    timings: stopwatch.timings(),
    ...(kept === undefined ? {} : { temps: kept }),
  };
}

/** What `bundle: false` asks for: the code that the bundler would begin with, in `<name>.entry.ts`. */
function writeEntry(
  options: FilledOptions,
  folder: PluginFolder,
  sources: SourceFiles,
  stopwatch: Stopwatch,
): BuildResult {
  const { name, outputDir, pluginDir } = options;
  const live = readLiveNames(options, folder, sources);
  const problems = [...checkRootModule(sources.read(folder.rootModule)), ...live.problems, ...live.syntaxErrors];
  if (problems.length > 0) throw new BuildError(name, inOrder(problems));
  stopwatch.lap("inspect");
  const file = join(outputDir, `${name}.entry.ts`);
  const text = entryCode(outputDir, folder.rootModule, live.things);
  mkdirSync(outputDir, { recursive: true });
  writeFileSync(file, text);
  stopwatch.lap("write");
  return {
    name,
    file,
    hash: new Bun.CryptoHasher("sha256").update(text).digest("hex"),
    size: Buffer.byteLength(text),
    manifest: {
      name,
      hostModules: [],
      liveFuncs: definingFiles(live.things, "function", pluginDir),
      liveTypes: definingFiles(live.things, "type", pluginDir),
      assets: readCarriedFiles(options, folder).map(({ entry }) => entry),
    },
    unchanged: false,
    warnings: inOrder(live.warnings),
    modules: [],
    timings: stopwatch.timings(),
  };
}

/** Those of the bundled modules that are code of the plugin itself, by their absolute paths. */
function ownModules({ root, pluginDir }: FilledOptions, modules: readonly string[]): string[] {
  const paths = modules.map((module) => join(root, module));
  return paths.filter((path) => isCode(path) && isInside(path, pluginDir) && !isInPackage(path));
}

function definingFiles(live: readonly LiveThing[], kind: LiveThing["kind"], pluginDir: string): Record<string, string> {
  const files = live.filter((thing) => thing.kind === kind);
  return Object.fromEntries(files.map(({ name, file }) => [name, relative(pluginDir, file).replaceAll("\\", "/")]));
}

function carryWarnings({ include, pluginDir }: FilledOptions, carried: readonly CarriedFile[]): Diagnostic[] {
  if (include === undefined || carried.length > 0) return [];
  return [fileDiagnostic(pluginDir, `--include ${include.source} matches no file that is not code`)];
}

/** Publishes the artifact, unless the same bytes are there already: a host that watches the folder has nothing to do. */
function write(dir: string, name: string, { bytes }: EncodedArtifact): { file: string; unchanged: boolean } {
  const file = artifactFile(dir, name);
  if (isPublished(file, bytes)) return { file, unchanged: true };
  mkdirSync(dir, { recursive: true });
  return { file: publishArtifact(dir, name, bytes), unchanged: false };
}

/** The code for this is loaded only when it is asked for; `node:os` alone takes some milliseconds. */
async function temps(
  { name, pluginDir }: FilledOptions,
  { rootModule }: PluginFolder,
  live: readonly LiveThing[],
  { text }: Bundle,
  manifest: Manifest,
): Promise<string> {
  const { keepTemps } = await import("./keep-temps.ts");
  return keepTemps(name, { entry: entryCode(pluginDir, rootModule, live), bundle: text, manifest });
}
