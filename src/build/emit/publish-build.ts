import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { type ArtifactParts, type EncodedArtifact, encodeArtifact } from "../../artifact/encode.ts";
import { assetLineSize } from "../../artifact/layout.ts";
import type { HostModule, Manifest, Sections } from "../../artifact/manifest.ts";
import { artifactFile, isPublished, publishArtifact } from "../../artifact/publish.ts";
import { inOrder } from "./bundle/messages.ts";
import { type Diagnostic, fileDiagnostic } from "../diagnostic.ts";
import type { BuildOptions, FilledOptions } from "../options.ts";
import { type CarriedFile, readCarriedFiles } from "../read/assets.ts";
import type { LiveNames, LiveThing } from "../read/live-names.ts";
import type { PluginFolder } from "../read/plugin-folder.ts";
import type { StepTimings, Stopwatch } from "../stopwatch.ts";

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
  /** What the artifact is made of, in bytes. */
  readonly parts: ArtifactSizes;
  /** What the artifact says about itself; with `bundle: false`, which modules are the host's is not known. */
  readonly manifest: Manifest;
  /** The artifact was there already, byte for byte, and was not touched. */
  readonly unchanged: boolean;
  /** What is probably a mistake, but does no harm to the build. */
  readonly warnings: readonly Diagnostic[];
  /** The modules that were bundled, by their paths from the project's root. */
  readonly modules: readonly string[];
  /** Of a builder that keeps modules apart: what was given to the bundler, and why. */
  readonly bundled?: readonly BundledModule[];
  /** Milliseconds of each step. The definition is checked while the bundler is at work. */
  readonly timings: StepTimings;
  /** The folder that holds the intermediate files, with `leaveTemps`. */
  readonly temps?: string;
}

/** The sizes of an artifact's parts, in bytes of the file. */
export interface ArtifactSizes {
  readonly code: number;
  readonly sourceMap: number;
  readonly carried: number;
  /** The header, and what the artifact says about itself. */
  readonly manifest: number;
}

/** A plugin's code, ready to become an artifact. */
export interface LinkedPlugin {
  readonly code: string;
  readonly prologue: string;
  /** What the manifest says of the modules that are kept apart, and JSON of each one's text. */
  readonly sections?: { readonly manifest: Sections; readonly texts: readonly string[] };
  readonly hostModules: readonly HostModule[];
  /** JSON; `undefined` when there is none. */
  readonly sourceMap: string | undefined;
  /** Paths from the project's root. */
  readonly modules: readonly string[];
  readonly warnings: readonly Diagnostic[];
  readonly bundled?: readonly BundledModule[];
}

/** What was given to the bundler although modules are kept apart. */
export interface BundledModule {
  /** Path from the project's root; the plugin's name when all of it was bundled. */
  readonly module: string;
  readonly why: string;
}

/** What is known of a build when its code is linked. */
export interface LinkedBuild {
  readonly filled: FilledOptions;
  readonly folder: PluginFolder;
  readonly live: LiveNames;
  readonly linked: LinkedPlugin;
  readonly stopwatch: Stopwatch;
}

/** A build that is ready to be signed and published. Of plain data: another process may have made it. */
export interface EncodedBuild extends Pick<
  BuildResult,
  "name" | "parts" | "manifest" | "warnings" | "modules" | "bundled"
> {
  readonly artifact: EncodedArtifact;
}

/** Makes the artifact, signs it if that is asked for, and publishes it. Rejects with what `beforePublish` throws. */
export async function publishBuild(
  { beforePublish, sign }: BuildOptions,
  { outputDir }: FilledOptions,
  { artifact: unsigned, ...build }: EncodedBuild,
  stopwatch: Stopwatch,
): Promise<BuildResult> {
  const { name, manifest, parts } = build;
  const artifact = sign === undefined ? unsigned : await signed({ ...unsigned, manifest }, outputDir, sign);
  stopwatch.lap("encode");
  beforePublish?.();
  const { file, unchanged } = write(outputDir, name, artifact);
  stopwatch.lap("write");
  const size = artifact.bytes.length;
  return {
    ...build,
    parts: { ...parts, manifest: parts.manifest + size - unsigned.bytes.length },
    file,
    hash: artifact.hash,
    size,
    unchanged,
    timings: stopwatch.timings(),
  };
}

/** The artifact that a build becomes, not yet signed. */
export function encodeBuild({ filled, folder, live, linked }: LinkedBuild): EncodedBuild {
  const { manifest: described, carried } = describePlugin(filled, folder, live, linked.hostModules);
  const { sections, modules, bundled } = linked;
  const manifest = sections === undefined ? described : { ...described, sections: sections.manifest };
  const parts: ArtifactParts = {
    manifest,
    prologue: linked.prologue,
    code: linked.code,
    assets: carried.map(({ bytes }) => bytes),
    sourceMap: filled.bundler.sourceMap === "none" ? undefined : linked.sourceMap,
    ...(sections === undefined ? {} : { sections: sections.texts }),
  };
  const artifact = encodeArtifact(parts);
  return {
    name: filled.name,
    artifact,
    parts: sizesOf(parts, artifact.bytes.length),
    manifest,
    warnings: inOrder([...live.warnings, ...linked.warnings, ...carryWarnings(filled, carried)]),
    modules,
    ...(bundled === undefined ? {} : { bundled }),
  };
}

function sizesOf(
  { code, prologue, sections = [], sourceMap = "", assets }: ArtifactParts,
  whole: number,
): ArtifactSizes {
  const sizes = {
    code: [code, prologue, ...sections].reduce((sum, text) => sum + Buffer.byteLength(text), 0),
    sourceMap: Math.ceil(Buffer.byteLength(sourceMap) / 3) * 4,
    carried: assets.reduce((sum, { length }) => sum + assetLineSize(length), 0),
  };
  return { ...sizes, manifest: whole - sizes.code - sizes.sourceMap - sizes.carried };
}

/** What a plugin's manifest says of it, and the files that it carries. */
export function describePlugin(
  filled: FilledOptions,
  folder: PluginFolder,
  live: LiveNames,
  hostModules: readonly HostModule[],
): { readonly manifest: Manifest; readonly carried: readonly CarriedFile[] } {
  const { name, pluginDir } = filled;
  const carried = readCarriedFiles(filled, folder);
  const manifest: Manifest = {
    name,
    folder: pathFromRoot(filled),
    hostModules,
    liveFuncs: definingFiles(live.things, "function", pluginDir),
    liveTypes: definingFiles(live.things, "type", pluginDir),
    assets: carried.map(({ entry }) => entry),
  };
  return { manifest, carried };
}

/** The plugin's folder from the project's root. */
export function pathFromRoot({ root, pluginDir }: FilledOptions): string {
  return relative(root, pluginDir).replaceAll("\\", "/");
}

/** The files that define the live things of one kind, by name, relative to the plugin's folder. */
export function definingFiles(
  live: readonly LiveThing[],
  kind: LiveThing["kind"],
  pluginDir: string,
): Record<string, string> {
  const files = live.filter((thing) => thing.kind === kind);
  return Object.fromEntries(files.map(({ name, file }) => [name, relative(pluginDir, file).replaceAll("\\", "/")]));
}

function carryWarnings({ include, pluginDir }: FilledOptions, carried: readonly CarriedFile[]): Diagnostic[] {
  if (include === undefined || carried.length > 0) return [];
  return [fileDiagnostic(pluginDir, `--include ${include.source} matches no file that is not code`)];
}

async function signed(
  artifact: EncodedArtifact & { readonly manifest: Manifest },
  dir: string,
  sign: NonNullable<BuildOptions["sign"]>,
): Promise<EncodedArtifact> {
  const { signArtifact } = await import("../../trust/artifact.ts");
  return signArtifact(artifact, artifactFile(dir, artifact.manifest.name), sign);
}

/** Publishes the artifact, unless the same bytes are there already: a host that watches the folder has nothing to do. */
function write(dir: string, name: string, { bytes }: EncodedArtifact): { file: string; unchanged: boolean } {
  const file = artifactFile(dir, name);
  if (isPublished(file, bytes)) return { file, unchanged: true };
  mkdirSync(dir, { recursive: true });
  return { file: publishArtifact(dir, name, bytes), unchanged: false };
}
