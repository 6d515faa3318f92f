import { mkdirSync } from "node:fs";
import { basename, relative, resolve } from "node:path";
import { HotswapError } from "../../../errors.ts";
import { inOrder } from "../bundle/messages.ts";
import { BuildError, type Diagnostic } from "../../diagnostic.ts";
import { type BuildOptions, type FilledOptions, fillOptions, folderToBe, requireFolder } from "../../options.ts";
import { codingSystemErrors } from "../../system-errors.ts";
import { isInside } from "../../../load/resolve.ts";
import { readAndBundle } from "../../read-and-bundle.ts";
import { carriedPaths } from "../../read/assets.ts";
import type { LiveThing } from "../../read/live-names.ts";
import { readPluginFolder } from "../../read/plugin-folder.ts";
import { SourceFiles } from "../../read/syntax/source-file.ts";
import { aggregateCode, registrationCode } from "./generate.ts";
import {
  aggregateFile,
  readRegistrations,
  registrationFile,
  removeGenerated,
  requireGenerated,
  writeGenerated,
} from "./generated-file.ts";

/** What {@link buildStatic} takes. */
export interface StaticBuildOptions extends Pick<
  BuildOptions,
  "pluginDir" | "include" | "exclude" | "livePrefix" | "root"
> {
  /** Where the generated modules go: a folder that is not the plugin's and does not lie in it; made when it does not exist. */
  readonly outputDir: string;
  /** Remove this plugin's registration instead. Its folder may be gone. Default `false`. */
  readonly clean?: boolean | undefined;
}

/** What was generated for static linking. */
export interface StaticBuildResult {
  /** The plugin's name: the base name of its folder. */
  readonly name: string;
  /** Absolute path of the plugin's registration module, written or removed. */
  readonly file: string;
  /** Absolute path of the module that exports `staticPlugins`. */
  readonly aggregate: string;
  /** With `clean`: there was a registration, and it was removed. */
  readonly removed: boolean;
  /** Names of all plugins that `staticPlugins` has now. */
  readonly plugins: readonly string[];
  readonly liveFuncs: readonly string[];
  readonly liveTypes: readonly string[];
  /** Paths of the carried files, relative to the plugin's folder. */
  readonly assets: readonly string[];
  readonly warnings: readonly Diagnostic[];
}

/**
 * Generates the modules by which a plugin is compiled into its host (SPEC 10.1): one that registers the plugin, and one
 * that collects all plugins generated in that folder so far. The plugin is checked as {@link build} does. Throws
 * HOTSWAP_BUILD_FAILED; nothing is written then.
 */
export function buildStatic(options: StaticBuildOptions): Promise<StaticBuildResult> {
  return codingSystemErrors(async () =>
    options.clean === true
      ? clean(options, requireFolder(options.outputDir, "output folder"))
      : generate(options, folderToBe(options.outputDir, "output folder")),
  );
}

async function generate(options: StaticBuildOptions, outputDir: string): Promise<StaticBuildResult> {
  const filled = fillOptions(options);
  const { name, pluginDir } = filled;
  requireOutside(outputDir, filled);
  requireFree(outputDir, filled);
  const sources = new SourceFiles();
  const folder = readPluginFolder(pluginDir);
  // The bundle is not used: it is made for what it finds wrong.
  const { live: names, bundled, problems } = await readAndBundle(filled, folder, sources);
  if (bundled === undefined) throw new BuildError(name, inOrder(problems));
  const { things: live, warnings } = names;
  const assets = carriedPaths(filled, folder);
  const file = registrationFile(outputDir, name);
  for (const generated of [file, aggregateFile(outputDir)]) requireGenerated(generated);
  mkdirSync(outputDir, { recursive: true });
  writeGenerated(file, registrationCode({ outputDir, pluginDir, rootModule: folder.rootModule, live, assets }));
  return {
    ...writeAggregate(outputDir),
    name,
    file,
    removed: false,
    liveFuncs: namesOf(live, "function"),
    liveTypes: namesOf(live, "type"),
    assets,
    warnings: inOrder([...warnings, ...bundled.warnings]),
  };
}

function clean(options: StaticBuildOptions, outputDir: string): StaticBuildResult {
  const name = basename(resolve(options.pluginDir));
  const file = registrationFile(outputDir, name);
  if (readRegistrations(outputDir).some((registration) => registration.file === file)) {
    requireGenerated(aggregateFile(outputDir));
  }
  const removed = removeGenerated(file);
  return { ...writeAggregate(outputDir), name, file, removed, liveFuncs: [], liveTypes: [], assets: [], warnings: [] };
}

/** Collects the registrations that exist; when there is none, removes the aggregate, too. */
function writeAggregate(outputDir: string): Pick<StaticBuildResult, "aggregate" | "plugins"> {
  const registrations = readRegistrations(outputDir);
  const aggregate = aggregateFile(outputDir);
  if (registrations.length === 0) removeGenerated(aggregate);
  else writeGenerated(aggregate, aggregateCode(registrations));
  return { aggregate, plugins: registrations.map(({ name }) => name) };
}

function requireOutside(outputDir: string, { pluginDir, name }: FilledOptions): void {
  if (!isInside(outputDir, pluginDir)) return;
  const where = outputDir === pluginDir ? "is the plugin's own folder" : "lies in the plugin's folder";
  throw new HotswapError(
    "HOTSWAP_BUILD_FAILED",
    `the output folder ${where}: generated code there would become part of "${name}"; choose another`,
    { plugin: name },
  );
}

/** Another plugin of this name must not be replaced unnoticed. */
function requireFree(outputDir: string, { pluginDir, name }: FilledOptions): void {
  const own = relative(outputDir, pluginDir).replaceAll("\\", "/");
  for (const registration of readRegistrations(outputDir)) {
    if (registration.name.toLowerCase() !== name.toLowerCase()) continue;
    if (resolve(outputDir, registration.pluginDir) === pluginDir && registration.name === name) continue;
    throw new HotswapError(
      "HOTSWAP_DUPLICATE_PLUGIN",
      `a plugin "${registration.name}" from ${registration.pluginDir} is registered there already, besides "${name}" from ${own}: rename one, or remove the other with --clean`,
      { plugin: name },
    );
  }
}

function namesOf(live: readonly LiveThing[], kind: LiveThing["kind"]): string[] {
  return live.filter((thing) => thing.kind === kind).map(({ name }) => name);
}
