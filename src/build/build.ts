import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest } from "../artifact/manifest.ts";
import { artifactFile } from "../artifact/publish.ts";
import type { Bundle } from "./emit/bundle/bundle.ts";
import { entryCode } from "./emit/bundle/entry.ts";
import { inOrder } from "./emit/bundle/messages.ts";
import { artifactMap, isVirtual, nameModules } from "./emit/bundle/source-map.ts";
import { warnOfRenamedClasses } from "./emit/bundle/renamed-classes.ts";
import { BuildError } from "./diagnostic.ts";
import { whatIsForgotten } from "../load/resolve.ts";
import { inChild } from "./child/in-child.ts";
import { ENTRY_FILE } from "./host/host-imports.ts";
import { linkHost } from "./host/link-host.ts";
import type { MemoryBuild } from "./memory-build.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "./options.ts";
import {
  type BuildResult,
  definingFiles,
  encodeBuild,
  type EncodedBuild,
  type LinkedBuild,
  pathFromRoot,
  publishBuild,
} from "./emit/publish-build.ts";
import { readAndBundle } from "./read-and-bundle.ts";
import { readCarriedFiles } from "./read/assets.ts";
import type { LiveThing } from "./read/live-names.ts";
import { type PluginFolder, readPluginFolder } from "./read/plugin-folder.ts";
import { readLiveNames } from "./read/read-live-names.ts";
import { checkRootModule } from "./read/root-module.ts";
import { SourceFiles } from "./read/syntax/source-file.ts";
import { Stopwatch } from "./stopwatch.ts";
import { codingSystemErrors } from "./system-errors.ts";

/**
 * Builds a plugin's folder into one artifact, and publishes it atomically. The same source gives the same bytes,
 * wherever the project lies. Throws HOTSWAP_BUILD_FAILED, and then an earlier artifact stays as it was: a {@link
 * BuildError} with every problem that was found in the source, or a plain HotswapError for an option that cannot be
 * used.
 */
export function build(options: BuildOptions): Promise<BuildResult> {
  return codingSystemErrors(() => buildWhole(options));
}

async function buildWhole(options: BuildOptions): Promise<BuildResult> {
  const filled = fillOptions(options);
  const stopwatch = new Stopwatch();
  if (!filled.bundle) return writeEntry(filled, readPluginFolder(filled.pluginDir), new SourceFiles(), stopwatch);
  if (!filled.leaveTemps)
    return publishBuild(options, filled, await encodedWhole(options, filled, stopwatch), stopwatch);
  const whole = await linkWhole(filled, stopwatch);
  const result = await publishBuild(options, filled, encodeBuild(whole), stopwatch);
  return { ...result, temps: await temps(filled, whole.folder, whole.live.things, whole.bundle, result.manifest) };
}

/** The bundler of this process may remember what is no longer so. */
async function encodedWhole(options: BuildOptions, filled: FilledOptions, stopwatch: Stopwatch): Promise<EncodedBuild> {
  const wrong = whatIsForgotten(filled.pluginDir);
  if (wrong !== "everything") {
    try {
      return encodeBuild(await linkWhole(filled, stopwatch));
    } catch (error) {
      // It may miss a file that it remembers.
      if (wrong === undefined || !(error instanceof BuildError)) throw error;
    }
  }
  const { beforePublish: _, ...plain } = options;
  const encoded = await inChild({ kind: "whole", options: plain });
  stopwatch.lap("bundle");
  return encoded;
}

/** Builds what {@link build} builds, and publishes nothing. */
export async function encodeWhole(options: BuildOptions): Promise<EncodedBuild> {
  return encodeBuild(await linkWhole(fillOptions(options), new Stopwatch()));
}

/** The whole plugin as one bundle. */
async function linkWhole(filled: FilledOptions, stopwatch: Stopwatch): Promise<LinkedBuild & { bundle: Bundle }> {
  const { name, pluginDir, root } = filled;
  const sources = new SourceFiles();
  const folder = readPluginFolder(pluginDir);
  const { live, bundled, problems } = await readAndBundle(filled, folder, sources, stopwatch);
  if (bundled === undefined) throw new BuildError(name, inOrder(problems));

  const { code, prologue, hostModules } = linkHost(nameModules(bundled.code, root), bundled.links);
  const map = artifactMap(bundled.map, root, filled.bundler.sourceMap === "texts");
  const modules = map.sources.filter((source) => !isVirtual(source) && !source.endsWith(ENTRY_FILE));
  const bundledPaths = new Set(modules.map((module) => join(root, module)));
  stopwatch.lap("link");
  const renamed = minifiesNames(filled)
    ? []
    : warnOfRenamedClasses(folder.modules.filter((path) => bundledPaths.has(path)).map((path) => sources.read(path)));
  const warnings = [...bundled.warnings, ...renamed];
  const linked = { code, prologue, hostModules, sourceMap: map.json, modules, warnings };
  return { filled, folder, live, linked, stopwatch, bundle: bundled };
}

/** Builds what {@link build} builds, and writes nothing. Throws what {@link build} throws. */
export async function bundleInMemory(options: BuildOptions, why: string): Promise<MemoryBuild> {
  const filled = fillOptions(options);
  const { name, root, outputDir } = filled;
  const { artifact, manifest, modules, warnings } = await encodedWhole(options, filled, new Stopwatch());
  options.beforePublish?.();
  const { hash, bytes } = artifact;
  return {
    artifact: {
      name,
      file: artifactFile(outputDir, name),
      hash,
      manifest,
      isInMemory: true,
      bytes: async () => bytes,
    },
    files: modules.map((module) => join(root, module)),
    warnings,
    bundled: [{ module: name, why }],
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
    parts: { code: Buffer.byteLength(text), sourceMap: 0, carried: 0, manifest: 0 },
    manifest: {
      name,
      folder: pathFromRoot(options),
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

/** The code for this is loaded only when it is asked for; `node:os` alone takes some milliseconds. */
async function temps(
  { name, pluginDir }: FilledOptions,
  { rootModule }: PluginFolder,
  live: readonly LiveThing[],
  { text }: Bundle,
  manifest: Manifest,
): Promise<string> {
  const { keepTemps } = await import("./emit/keep-temps.ts");
  return keepTemps(name, { entry: entryCode(pluginDir, rootModule, live), bundle: text, manifest });
}

function minifiesNames({ bundler: { config } }: FilledOptions): boolean {
  return typeof config.minify === "object" && config.minify.identifiers === true;
}
