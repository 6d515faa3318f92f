import { LINES_BEFORE_CODE } from "../../artifact/layout.ts";
import type { Section } from "../../artifact/manifest.ts";
import { build } from "../build.ts";
import { hostPath } from "../host/resolve.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "../options.ts";
import { type BuildResult, type LinkedPlugin, publishBuild } from "../publish-build.ts";
import type { LiveNames } from "../source/live-names.ts";
import { type PluginFolder, readPluginFolder } from "../source/plugin-folder.ts";
import { readLiveNames } from "../source/read-live-names.ts";
import { checkRootModule } from "../source/root-module.ts";
import { SourceFiles } from "../source/source-file.ts";
import { Stopwatch } from "../stopwatch.ts";
import { type CompiledModule, compileModules } from "./compile.ts";
import { joinMappings, type PlacedMappings } from "./mappings.ts";
import { NeedsBundler } from "./needs-bundler.ts";
import { type LinkedModule, orderModules } from "./plugin-graph.ts";
import { Resolution } from "./resolution.ts";
import { linkingCode, outsideModules, sectionPath, sectionText } from "./section.ts";

/** Builds one plugin again and again; what has not changed since the last time is not compiled again. */
export interface Builder {
  /**
   * Builds the plugin as it is now. Answers and throws what {@link build} does. Builds of one builder follow each other.
   */
  build(): Promise<BuildResult>;
}

/**
 * A builder for a plugin that is being worked on. It compiles only modules that changed, and keeps each apart in the
 * artifact, so that a host which loads the artifact compiles only those, too. The artifact does the same as the one that
 * {@link build} makes, but calls between its modules are not optimised: {@link build} what goes into production. A
 * plugin that needs the bundler as a whole is bundled each time: one whose modules import each other in a circle, await
 * something while they are evaluated, or are CommonJS or no code, or with flags that are about the bundle.
 *
 * Throws HOTSWAP_BUILD_FAILED when an option cannot be used.
 */
export function createBuilder(options: BuildOptions): Builder {
  return new IncrementalBuilder(options);
}

/** A section and what it was made from. */
interface KnownSection {
  readonly module: CompiledModule;
  readonly json: string;
  /** How many lines its text has. */
  readonly lines: number;
  /** JSON of the source's text, for the source map. */
  readonly source: string;
}

class IncrementalBuilder implements Builder {
  readonly #options: BuildOptions;
  readonly #filled: FilledOptions;
  readonly #sources = new SourceFiles();
  readonly #resolution: Resolution;
  /** By absolute path. */
  #compiled = new Map<string, CompiledModule>();
  #sections = new Map<string, KnownSection>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BuildOptions) {
    this.#options = options;
    this.#filled = fillOptions(options);
    this.#resolution = new Resolution(this.#filled, this.#sources);
  }

  build(): Promise<BuildResult> {
    const result = this.#last.then(() => this.#build());
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #build(): Promise<BuildResult> {
    if (needsBundle(this.#filled)) return build(this.#options);
    try {
      return await this.#buildIncrementally();
    } catch (error) {
      // Whatever is wrong with the source, the build of the whole says best.
      if (error instanceof NeedsBundler) return build(this.#options);
      throw error;
    }
  }

  async #buildIncrementally(): Promise<BuildResult> {
    const filled = this.#filled;
    const sources = this.#sources;
    const stopwatch = new Stopwatch();
    sources.renew();
    const folder = readPluginFolder(filled.pluginDir);
    if (!this.#resolution.renew(folder)) this.#sections.clear();
    const live = readLiveNames(filled, folder, sources);
    if (live.problems.length + live.syntaxErrors.length + checkRootModule(sources.read(folder.rootModule)).length > 0) {
      throw new NeedsBundler("the source has problems");
    }
    stopwatch.lap("inspect");
    const starts = [folder.rootModule, ...new Set(live.things.map(({ file }) => file))];
    await this.#compile(starts);
    stopwatch.lap("bundle");
    const modules = orderModules(starts, this.#compiled, this.#resolution, sources);
    const linked = this.#link(modules, folder, live);
    stopwatch.lap("link");
    return publishBuild(this.#options, { filled, folder, sources, live, linked, stopwatch });
  }

  /** Compiles what `starts` lead to, as far as it is new or has changed. */
  async #compile(starts: readonly string[]): Promise<void> {
    const known = this.#compiled;
    const current = new Map<string, CompiledModule>();
    let next = new Set(starts);
    while (next.size > 0) {
      const changed = [...next]
        .map((path) => this.#sources.read(path))
        .filter((file) => known.get(file.path)?.source !== file);
      if (changed.length > 0) {
        for (const module of await compileModules(this.#filled, changed)) known.set(module.source.path, module);
      }
      const found = new Set<string>();
      for (const path of next) {
        const module = known.get(path);
        if (module === undefined) continue;
        current.set(path, module);
        for (const target of this.#targetsOf(path, module)) if (!current.has(target)) found.add(target);
      }
      next = found;
    }
    // Not what nobody imports any more.
    this.#compiled = current;
  }

  *#targetsOf(path: string, { imports, dynamic }: CompiledModule): Generator<string, void> {
    for (const { specifier } of imports) {
      const target = this.#resolution.find(specifier, path, "import-statement");
      if (target.kind === "own") yield target.path;
    }
    for (const specifier of dynamic) {
      const target = this.#resolution.find(specifier, path, "dynamic-import");
      if (target.kind === "own") yield target.path;
    }
  }

  #link(modules: ReadonlyMap<string, LinkedModule>, { rootModule }: PluginFolder, { things }: LiveNames): LinkedPlugin {
    const { pluginDir, root } = this.#filled;
    const outside = outsideModules(modules.values());
    const code = linkingCode(outside, rootModule, things, pluginDir);
    const entries: Section[] = [];
    const placed: PlacedMappings[] = [];
    const sections = new Map<string, KnownSection>();
    // Behind all lines that the artifact has before its data.
    let line = LINES_BEFORE_CODE + 1 + code.split("\n").length;
    for (const [path, module] of modules) {
      const section = this.#section(path, module);
      sections.set(path, section);
      entries.push({ path: sectionPath(pluginDir, path), line });
      placed.push({ mappings: module.compiled.mappings, line });
      line += section.lines;
    }
    this.#sections = sections;
    const names = [...modules.keys()].map((path) => hostPath(root, path).replace(/^\.\//, ""));
    const known = [...sections.values()];
    return {
      code,
      prologue: "",
      sections: { entries, texts: known.map(({ json }) => json) },
      hostModules: outside.hostModules,
      sourceMap: `{"version":3,"sources":${JSON.stringify(names)},"sourcesContent":[${known.map(({ source }) => source).join(",")}],"names":[],"mappings":"${joinMappings(placed)}"}`,
      modules: names,
      warnings: [],
    };
  }

  #section(path: string, module: LinkedModule): KnownSection {
    const known = this.#sections.get(path);
    if (known?.module === module.compiled) return known;
    const text = sectionText(module, this.#filled.pluginDir);
    return {
      module: module.compiled,
      json: JSON.stringify(text),
      lines: text.split("\n").length,
      source: JSON.stringify(module.compiled.source.text),
    };
  }
}

/** Whether the options ask for what is about a bundle as a whole. */
function needsBundle({ bundle, leaveTemps, bundler: { config, packages } }: FilledOptions): boolean {
  const { define: _define, drop: _drop, minify, ...others } = config;
  const minifies = typeof minify === "object" && Object.values(minify).some(Boolean);
  return !bundle || leaveTemps || packages === "plugin" || minifies || Object.keys(others).length > 0;
}
