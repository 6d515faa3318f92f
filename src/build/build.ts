import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { type EncodedArtifact, encodeArtifact } from "../artifact/encode.ts";
import type { Manifest } from "../artifact/manifest.ts";
import { artifactFile, publishArtifact } from "../artifact/publish.ts";
import { type Bundle, bundle } from "./bundle/bundle.ts";
import { entryCode, liveRegistry } from "./bundle/entry.ts";
import { linkHost } from "./bundle/link-host.ts";
import { inOrder } from "./bundle/messages.ts";
import { artifactMap, nameModules } from "./bundle/source-map.ts";
import { BuildError, type Diagnostic, fileDiagnostic } from "./diagnostic.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "./options.ts";
import { type CarriedFile, readCarriedFiles } from "./source/assets.ts";
import { type Inspection, inspectSource } from "./source/inspect.ts";
import type { LiveThing } from "./source/live-names.ts";
import { type PluginFolder, readPluginFolder } from "./source/plugin-folder.ts";
import { SourceFiles } from "./source/source-file.ts";
import { type StepTimings, Stopwatch } from "./stopwatch.ts";

/** What a build made. */
export interface BuildResult {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** Absolute path of the artifact. */
  readonly file: string;
  /** SHA-256 of the artifact's content, 64 hexadecimal digits. */
  readonly hash: string;
  /** Size of the artifact in bytes. */
  readonly size: number;
  readonly manifest: Manifest;
  /** The artifact was there already, byte for byte, and was not touched. */
  readonly unchanged: boolean;
  /** What is probably a mistake, but does no harm to the build. */
  readonly warnings: readonly Diagnostic[];
  /** The modules that were bundled, by their paths from the project's root. */
  readonly modules: readonly string[];
  /** Milliseconds of each step. Inspecting the source happens while the bundler is at work. */
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
  const { inspection, bundled, problems } = await readAndBundle(filled, folder, sources, stopwatch);
  if (bundled === undefined) throw new BuildError(name, inOrder(problems));

  const carried = readCarriedFiles(filled, folder);
  const { code, prologue, hostModules } = linkHost(nameModules(bundled.code, root), bundled.live);
  const manifest: Manifest = {
    name,
    hostModules,
    liveFuncs: definingFiles(inspection.live, "function", pluginDir),
    liveTypes: definingFiles(inspection.live, "type", pluginDir),
    assets: carried.map(({ entry }) => entry),
  };
  const map = artifactMap(bundled.map, root);
  stopwatch.lap("link");
  const sourceMap = filled.bundler.sourceMap ? map.json : undefined;
  const artifact = encodeArtifact({ manifest, prologue, code, assets: carried.map(({ bytes }) => bytes), sourceMap });
  stopwatch.lap("encode");
  const { file, unchanged } = write(outputDir, name, artifact);
  const temps = filled.leaveTemps ? keepTemps(filled, folder, inspection, bundled, manifest) : undefined;
  stopwatch.lap("write");
  return {
    name,
    file,
    hash: artifact.hash,
    size: artifact.bytes.length,
    manifest,
    unchanged,
    warnings: inOrder([...inspection.warnings, ...bundled.warnings, ...carryWarnings(filled, carried)]),
    modules: map.sources,
    timings: stopwatch.timings(),
    ...(temps === undefined ? {} : { temps }),
  };
}

interface ReadAndBundled {
  readonly inspection: Inspection;
  readonly bundled: Bundle | undefined;
  readonly problems: readonly Diagnostic[];
}

/** The bundler works on threads of its own; the source is inspected meanwhile. */
async function readAndBundle(
  options: FilledOptions,
  folder: PluginFolder,
  sources: SourceFiles,
  stopwatch: Stopwatch,
): Promise<ReadAndBundled> {
  const registry = Promise.withResolvers<string>();
  // Whoever awaits it hears of a rejection; when the bundler fails before that, nobody needs to.
  registry.promise.catch(() => {});
  const bundling = bundle(options, folder.rootModule, registry.promise, sources);
  let inspection: Inspection;
  try {
    inspection = inspectSource(options, folder, sources);
    registry.resolve(liveRegistry(inspection.live, (file) => file));
  } catch (error) {
    registry.reject(error);
    await bundling.catch(() => {});
    throw error;
  }
  stopwatch.lap("inspect");
  const bundled = await bundling;
  stopwatch.lap("bundle");
  const problems = "problems" in bundled ? [...inspection.problems, ...bundled.problems] : inspection.problems;
  return { inspection, problems, bundled: "problems" in bundled || problems.length > 0 ? undefined : bundled };
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
  const published = statSync(file, { throwIfNoEntry: false });
  if (published?.size === bytes.length && readFileSync(file).equals(bytes)) return { file, unchanged: true };
  mkdirSync(dir, { recursive: true });
  return { file: publishArtifact(dir, name, bytes), unchanged: false };
}

function keepTemps(
  options: FilledOptions,
  folder: PluginFolder,
  { live }: Inspection,
  { text }: Bundle,
  manifest: Manifest,
): string {
  const dir = mkdtempSync(join(tmpdir(), `hotswap-build-${options.name}-`));
  writeFileSync(join(dir, "entry.ts"), entryCode(folder.rootModule));
  writeFileSync(
    join(dir, "live-registry.ts"),
    liveRegistry(live, (file) => file),
  );
  writeFileSync(join(dir, "bundle.js"), text);
  writeFileSync(join(dir, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return dir;
}
