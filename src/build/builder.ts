import { relative } from "node:path";
import { LINES_BEFORE_CODE } from "../artifact/layout.ts";
import { META_EXPORT, type Section } from "../artifact/manifest.ts";
import { build } from "./build.ts";
import { type BuildOptions, type FilledOptions, fillOptions } from "./options.ts";
import { type BuildResult, type LinkedPlugin, publishBuild } from "./emit/publish-build.ts";
import type { LiveNames, LiveThing } from "./read/live-names.ts";
import { type PluginFolder, readPluginFolder } from "./read/plugin-folder.ts";
import { readLiveNames } from "./read/read-live-names.ts";
import { checkRootModule } from "./read/root-module.ts";
import { type SourceFile, SourceFiles } from "./read/syntax/source-file.ts";
import { Stopwatch } from "./stopwatch.ts";
import { codingSystemErrors, codingSystemErrorsNow } from "./system-errors.ts";
import { compileModules } from "./compile/compile.ts";
import { joinMappings, type PlacedMappings } from "./emit/sections/mappings.ts";
import { NeedsBundler } from "./needs-bundler.ts";
import { type LinkedModule, linkModule, ownImports, PluginGraph } from "./emit/sections/plugin-graph.ts";
import { Resolution } from "./host/resolution.ts";
import { META } from "./compile/module-code.ts";
import { hostModulesOf, sectionPath, sectionText } from "./emit/sections/section.ts";

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
  return codingSystemErrorsNow(() => new IncrementalBuilder(options));
}

/** A section and what it was made from. */
interface KnownSection {
  readonly module: LinkedModule;
  readonly json: string;
  /** How many lines its text has. */
  readonly lines: number;
}

class IncrementalBuilder implements Builder {
  readonly #options: BuildOptions;
  readonly #filled: FilledOptions;
  readonly #sources = new SourceFiles();
  readonly #graph = new PluginGraph(this.#sources);
  readonly #resolution: Resolution;
  /** By absolute path. */
  #modules = new Map<string, LinkedModule>();
  #sections = new Map<string, KnownSection>();
  /** The root module, when nothing is wrong with it. */
  #checked: SourceFile | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: BuildOptions) {
    this.#options = options;
    this.#filled = fillOptions(options);
    this.#resolution = new Resolution(this.#filled, this.#sources);
  }

  build(): Promise<BuildResult> {
    const result = this.#last.then(() => codingSystemErrors(() => this.#build()));
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
    if (!this.#resolution.renew(folder)) this.#relink();
    const live = readLiveNames(filled, folder, sources);
    if (live.problems.length + live.syntaxErrors.length > 0) throw new NeedsBundler("live things have problems");
    this.#checkRootModule(sources.read(folder.rootModule));
    stopwatch.lap("inspect");
    const starts = [folder.rootModule, ...new Set(live.things.map(({ file }) => file))];
    const compiled = await this.#compile(starts);
    stopwatch.lap("bundle");
    const modules = this.#graph.order(starts, compiled);
    const linked = this.#link(modules, folder, live);
    stopwatch.lap("link");
    return publishBuild(this.#options, { filled, folder, sources, live, linked, stopwatch });
  }

  #checkRootModule(file: SourceFile): void {
    if (this.#checked === file) return;
    if (checkRootModule(file).length > 0) throw new NeedsBundler("the definition has problems");
    this.#checked = file;
  }

  /** The modules that `starts` lead to, compiled as far as they are new or have changed. */
  async #compile(starts: readonly string[]): Promise<ReadonlyMap<string, LinkedModule>> {
    const known = this.#modules;
    const current = new Map<string, LinkedModule>();
    let next = new Set(starts);
    while (next.size > 0) {
      const changed: SourceFile[] = [];
      for (const path of next) {
        const file = this.#read(path);
        if (known.get(path)?.compiled.source !== file) changed.push(file);
      }
      for (const compiled of changed.length === 0 ? [] : await compileModules(this.#filled, changed)) {
        known.set(compiled.source.path, linkModule(compiled, this.#resolution));
      }
      const found = new Set<string>();
      for (const path of next) {
        const module = known.get(path);
        if (module === undefined) continue;
        current.set(path, module);
        for (const target of ownImports(module)) if (!current.has(target)) found.add(target);
      }
      next = found;
    }
    // Not what nobody imports any more.
    this.#modules = current;
    return current;
  }

  /** A file that is not listed as a module, a test for example, may be gone although something imports it. */
  #read(path: string): SourceFile {
    try {
      return this.#sources.read(path);
    } catch (error) {
      throw new NeedsBundler(`${path} cannot be read`, { cause: error });
    }
  }

  /** What imports name may have changed: they are looked at again. */
  #relink(): void {
    const known = this.#modules;
    this.#modules = new Map();
    for (const [path, { compiled }] of known) {
      try {
        this.#modules.set(path, linkModule(compiled, this.#resolution));
      } catch {
        // It may be gone, or not be needed any more. If it is, it is compiled again, and what is wrong shows then.
      }
    }
  }

  #link(modules: ReadonlyMap<string, LinkedModule>, { rootModule }: PluginFolder, { things }: LiveNames): LinkedPlugin {
    const { pluginDir, root } = this.#filled;
    const entries: Section[] = [];
    const placed: PlacedMappings[] = [];
    const sections = new Map<string, KnownSection>();
    const meta = modules.values().some(({ compiled }) => compiled.body.includes(META));
    const code = meta ? `export const ${META_EXPORT} = import.meta;\n` : "";
    // Behind all lines that the artifact has.
    let line = LINES_BEFORE_CODE + 3;
    for (const [path, module] of modules) {
      const section = this.#section(path, module);
      sections.set(path, section);
      const { mappings } = module.compiled;
      entries.push({ path: sectionPath(pluginDir, path), ...(mappings === undefined ? {} : { line }) });
      if (mappings === undefined) continue;
      placed.push({ mappings, line });
      line += section.lines;
    }
    this.#sections = sections;
    const nameOf = (path: string): string => relative(root, path).replaceAll("\\", "/");
    const mapped = [...modules]
      .filter(([, { compiled }]) => compiled.mappings !== undefined)
      .map(([path]) => nameOf(path));
    return {
      code,
      prologue: "",
      sections: {
        manifest: {
          folder: nameOf(pluginDir),
          root: sectionPath(pluginDir, rootModule),
          modules: entries,
          exportNames: exportNames(things),
          meta,
        },
        texts: Array.from(sections.values(), ({ json }) => json),
      },
      hostModules: hostModulesOf(modules.values()),
      sourceMap: mapped.length === 0 ? undefined : sourceMap(mapped, joinMappings(placed)),
      modules: [...modules.keys()].map(nameOf),
      warnings: [],
    };
  }

  #section(path: string, module: LinkedModule): KnownSection {
    const known = this.#sections.get(path);
    if (known?.module === module) return known;
    const text = sectionText(module, this.#filled.pluginDir);
    return {
      module,
      json: JSON.stringify(text),
      lines: text.split("\n").length,
    };
  }
}

/** Those of live things that are not their own names. */
function exportNames(things: readonly LiveThing[]): Record<string, string> {
  const others = things.filter(({ name, exportName }) => name !== exportName);
  return Object.fromEntries(others.map(({ name, exportName }) => [name, exportName]));
}

/** The engine heeds only maps that have the sources' texts, or at least places for them; the sources lie beside the artifact. */
function sourceMap(names: readonly string[], mappings: string): string {
  const contents = names.map(() => '""').join(",");
  return `{"version":3,"sources":${JSON.stringify(names)},"sourcesContent":[${contents}],"names":[],"mappings":"${mappings}"}`;
}

/** Whether the options ask for what is about a bundle as a whole. */
function needsBundle({ bundle, leaveTemps, bundler: { config, packages } }: FilledOptions): boolean {
  const { define: _define, drop: _drop, minify, ...others } = config;
  const minifies = typeof minify === "object" && Object.values(minify).some(Boolean);
  return !bundle || leaveTemps || packages === "plugin" || minifies || Object.keys(others).length > 0;
}
