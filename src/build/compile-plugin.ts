import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { LINES_BEFORE_CODE } from "../artifact/layout.ts";
import type { HostModule, Manifest, Section } from "../artifact/manifest.ts";
import type { BuiltPlugin } from "../load/found-artifact.ts";
import { isInspected } from "../load/source-maps.ts";
import { turnWhenDue } from "../turn.ts";
import { alignLines } from "./compile/align-lines.ts";
import type { CompileCache } from "./compile/compile-cache.ts";
import { compileModule } from "./compile/compile.ts";
import { SettingsFiles } from "./compile/compiler-settings.ts";
import { encodeSegments, type Segment } from "./compile/mappings.ts";
import { mapText } from "./compile/source-map.ts";
import type { BundledModule, LinkedPlugin } from "./emit/publish-build.ts";
import { findCircles } from "./emit/sections/circles.ts";
import { type LinkedModule, linkModule, ownTargets } from "./emit/sections/linked-module.ts";
import { ModuleNames } from "./emit/sections/module-names.ts";
import { hostModulesOf, sectionEntry, sectionPath, sectionText, type Surroundings } from "./emit/sections/section.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { mayNeedContext } from "./host/context/edit-context.ts";
import type { PluginContexts } from "./host/context/plugin-contexts.ts";
import { Resolution } from "./host/resolution.ts";
import { NeedsBundler } from "./needs-bundler.ts";
import type { FilledOptions } from "./options.ts";
import type { LiveNames, LiveThing } from "./read/live-names.ts";
import { type PluginFolder, readPluginFolder } from "./read/plugin-folder.ts";
import { readLiveNames } from "./read/read-live-names.ts";
import { checkRootModule } from "./read/root-module.ts";
import { forgetParsed } from "./read/syntax/parser.ts";
import { SourceFile, SourceFiles } from "./read/syntax/source-file.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { applyEdits } from "./text-edits.ts";

/** A section with what it was made from. */
export class CompiledSection {
  readonly module: LinkedModule;
  readonly entry: Section;
  readonly text: string;
  #segments: readonly Segment[] | undefined;
  #json: string | undefined;
  #hash: string | undefined;

  constructor(module: LinkedModule, around: Surroundings) {
    this.module = module;
    this.entry = sectionEntry(module, around);
    const text = sectionText(module, around);
    const aligned = isInspected() ? alignLines(text, this.#segmentsOf(text)) : undefined;
    this.text = aligned ?? text;
    if (aligned !== undefined) this.#segments = [];
  }

  get file(): string {
    return this.module.compiled.source.path;
  }

  /** Where the text comes from; what the bundler made has no map. */
  get segments(): readonly Segment[] {
    return (this.#segments ??= this.#segmentsOf(this.text));
  }

  #segmentsOf(text: string): readonly Segment[] {
    const { bundled, kind, source } = this.module.compiled;
    return bundled === undefined ? mapText(source, text, kind === "module" ? 1 : 0) : [];
  }

  get json(): string {
    return (this.#json ??= JSON.stringify(this.text));
  }

  get hash(): string {
    return (this.#hash ??= new Bun.CryptoHasher("sha256").update(this.text).digest("hex"));
  }

  sourceMap(): string | undefined {
    return this.segments.length === 0
      ? undefined
      : sourceMap([this.file], encodeSegments([{ segments: this.segments, line: 0 }]));
  }
}

/** A plugin whose modules were compiled, each by itself. */
export interface CompiledPlugin {
  readonly folder: PluginFolder;
  readonly live: LiveNames;
  readonly sections: readonly CompiledSection[];
  readonly hostModules: readonly HostModule[];
  readonly bundled: readonly BundledModule[];
  readonly warnings: readonly Diagnostic[];
}

/** What is known of all modules together, as long as none of them imports or exports anything else than before. */
interface Links {
  readonly around: Surroundings;
  readonly hostModules: readonly HostModule[];
}

/** Compiles one plugin again and again; what has not changed since the last time is not compiled again. */
export class PluginCompiler {
  readonly sources = new SourceFiles();
  readonly #options: FilledOptions;
  readonly #cache: CompileCache | undefined;
  readonly #resolution: Resolution;
  /** By path, with what it is taken for. */
  #modules = new Map<string, LinkedModule>();
  #sections = new Map<string, CompiledSection>();
  #links: Links | undefined;
  /** The modules that all others were found from, when they were linked; `undefined` when the newest attempt failed. */
  #starts: readonly string[] | undefined;
  /** The root module, when nothing is wrong with it. */
  #checked: SourceFile | undefined;
  #folder: PluginFolder | undefined;
  #settings = new SettingsFiles();

  constructor(options: FilledOptions, cache?: CompileCache) {
    this.#options = options;
    this.#cache = cache;
    this.#resolution = new Resolution(options, this.sources);
  }

  /**
   * Throws {@link NeedsBundler} when something is wrong: the build of the whole plugin says best what it is.
   *
   * @param changed all that changed since the last time, when that is known
   */
  async compile(stopwatch: Stopwatch, changed?: readonly string[]): Promise<CompiledPlugin> {
    const options = this.#options;
    const folder = this.#look(changed);
    const linkedFrom = this.#starts;
    this.#starts = undefined;
    const live = readLiveNames(options, folder, this.sources);
    if (live.problems.length + live.syntaxErrors.length > 0) throw new NeedsBundler("live things have problems");
    this.#checkRootModule(this.sources.read(folder.rootModule));
    stopwatch.lap("inspect");
    const contexts = this.#resolution.contexts(folder);
    const starts = [folder.rootModule, ...new Set(live.things.map(({ file }) => file))];
    const known = Bun.deepEquals(starts, linkedFrom) ? this.#links : undefined;
    const isLinked = known !== undefined && (await this.#compileAgain(changed ?? [], known, contexts));
    if (!isLinked) await this.#compile(starts, contexts);
    stopwatch.lap("bundle");
    const { hostModules } = isLinked ? known : this.#link();
    this.#starts = starts;
    forgetParsed();
    stopwatch.lap("link");
    return {
      folder,
      live,
      sections: [...this.#sections.values()],
      hostModules,
      bundled: this.#bundled(),
      warnings: this.#warnings(),
    };
  }

  /** Reads the disk. When only modules that were already there changed, it reads only those. */
  #look(changed: readonly string[] | undefined): PluginFolder {
    const known = this.#folder;
    if (known !== undefined && changed?.every((path) => known.modules.includes(path) && existsSync(path)) === true) {
      this.sources.renew(changed);
      return known;
    }
    this.#folder = undefined;
    this.#starts = undefined;
    this.sources.renew();
    this.#settings = new SettingsFiles();
    const folder = readPluginFolder(this.#options.pluginDir);
    if (!this.#resolution.renew(folder)) this.#relink();
    this.#folder = folder;
    return folder;
  }

  #checkRootModule(file: SourceFile): void {
    if (this.#checked === file) return;
    if (checkRootModule(file).length > 0) throw new NeedsBundler("the definition has problems");
    this.#checked = file;
  }

  /**
   * Compiles modules that changed, and nothing else is looked at. Returns whether that was enough: whether none of them imports or
   * exports anything else than when the plugin was linked.
   */
  async #compileAgain(changed: readonly string[], { around }: Links, contexts: PluginContexts): Promise<boolean> {
    for (const [id, known] of this.#modules) {
      const { source, inputs } = known.compiled;
      if (inputs !== undefined) return false;
      if (!changed.includes(source.path)) continue;
      const module = await this.#renewed(id, known, contexts);
      this.#modules.set(id, module);
      const linked = this.#sections.get(id)?.module;
      if (linked?.links !== module.links || linked.choices.length + module.choices.length > 0) return false;
      if (linked !== module) this.#sections.set(id, new CompiledSection(module, around));
    }
    return true;
  }

  async #renewed(id: string, known: LinkedModule, contexts: PluginContexts): Promise<LinkedModule> {
    const [path = "", type] = id.split("?type=");
    const source = this.#read(path);
    return source === known.compiled.source ? known : this.#compileModule(id, source, type, contexts);
  }

  /** Compiles those of the modules that `starts` lead to which are new or have changed. */
  async #compile(starts: readonly string[], contexts: PluginContexts): Promise<void> {
    const settings = this.#settings;
    const known = this.#modules;
    const current = new Map<string, LinkedModule>();
    const next = starts.toReversed();
    for (let path = next.pop(); path !== undefined; path = next.pop()) {
      if (current.has(path)) continue;
      const [file = "", type] = path.split("?type=");
      const source = this.#read(file);
      let module = known.get(path);
      const isCurrent = module?.compiled.source === source && module.compiled.inputs?.isCurrent !== false;
      if (module === undefined || !isCurrent || module.settings !== settings.of(dirname(file))) {
        module = await this.#compileModule(path, source, type, contexts);
        // This module need not be compiled again, even if others fail.
        known.set(path, module);
      }
      current.set(path, module);
      // In reverse: the stack gives the first import first, and the order of sections is that of the imports.
      const targets = [...ownTargets(module)];
      next.push(...targets.toReversed());
      for (const chosen of module.choices.toReversed()) next.unshift(chosen);
    }
    this.#modules = current;
  }

  async #compileModule(
    path: string,
    source: SourceFile,
    type: string | undefined,
    contexts: PluginContexts,
  ): Promise<LinkedModule> {
    await turnWhenDue();
    const settings = this.#settings;
    let compiled = await compileModule(this.#options, source, type, settings, this.#cache);
    // Comments, which often speak of what needs a context, are no longer there.
    const context = type === undefined && mayNeedContext(compiled.text) ? contexts.edit(source) : undefined;
    if (context !== undefined) {
      if (context.workers.length > 0) throw new NeedsBundler(`${source.path} starts a worker`);
      // Where `require` has another name, it gets its usual one.
      if (context.renames.length > 0) {
        const renamed = new SourceFile(source.path, applyEdits(source.text, context.renames));
        compiled = { ...(await compileModule(this.#options, renamed, type, settings)), source };
      }
    }
    return linkModule(path, compiled, settings.of(dirname(source.path)), this.#resolution, context);
  }

  /** A file that is not listed as a module, a test for example, may be gone although something imports it. */
  #read(path: string): SourceFile {
    try {
      return this.sources.read(path);
    } catch (error) {
      throw new NeedsBundler(`${path} cannot be read`, { cause: error });
    }
  }

  /** What imports name may have changed: they are looked at again. */
  #relink(): void {
    const known = this.#modules;
    this.#modules = new Map();
    for (const [path, { compiled, settings, choices, warnings }] of known) {
      // Which files it chooses from is found out when it is compiled.
      if (choices.length > 0) continue;
      try {
        this.#modules.set(path, { ...linkModule(path, compiled, settings, this.#resolution, undefined), warnings });
      } catch {
        // It may be gone or no longer needed. If it is still needed, it is compiled again, which shows what is wrong.
      }
    }
  }

  /** Makes the sections of the modules that changed; of all modules when one imports or exports something else. */
  #link(): Links {
    const modules = this.#modules;
    const before = this.#sections;
    const isSame =
      this.#links !== undefined &&
      before.size === modules.size &&
      modules.entries().every(([path, { links }]) => before.get(path)?.module.links === links);
    const links = isSame && this.#links !== undefined ? this.#links : this.#findLinks();
    const sections = new Map<string, CompiledSection>();
    for (const [path, module] of modules) {
      const known = before.get(path);
      if (known?.module === module && isSame) {
        sections.set(path, known);
        continue;
      }
      const section = new CompiledSection(module, links.around);
      const stays =
        known?.module === module && known.text === section.text && Bun.deepEquals(known.entry, section.entry);
      sections.set(path, stays ? known : section);
    }
    this.#sections = sections;
    this.#links = links;
    return links;
  }

  #findLinks(): Links {
    const circles = findCircles(this.#modules);
    const around: Surroundings = {
      pluginDir: this.#options.pluginDir,
      names: new ModuleNames(this.#modules),
      circleOf: (path) => circles.get(path),
    };
    return { around, hostModules: hostModulesOf(this.#modules.values()) };
  }

  #warnings(): Diagnostic[] {
    return this.#modules
      .values()
      .flatMap(({ warnings }) => warnings)
      .toArray();
  }

  #bundled(): BundledModule[] {
    return this.#modules
      .values()
      .flatMap(({ compiled: { bundled, source } }) =>
        bundled === undefined ? [] : [{ module: pathFrom(this.#options.root, source.path), why: bundled }],
      )
      .toArray();
  }
}

/** What an artifact is made of whose modules are kept apart. */
export function linkedPlugin(
  options: FilledOptions,
  { folder, live, sections, hostModules, bundled, warnings }: CompiledPlugin,
): LinkedPlugin {
  const { root, bundler } = options;
  const entries: Section[] = [];
  const placed: { segments: readonly Segment[]; line: number }[] = [];
  const mapped: string[] = [];
  // Behind all lines that the artifact has.
  let line = LINES_BEFORE_CODE + 3;
  for (const section of sections) {
    const { segments } = bundler.sourceMap === "none" ? { segments: [] } : section;
    entries.push(segments.length === 0 ? section.entry : { ...section.entry, line });
    if (segments.length === 0) continue;
    placed.push({ segments, line });
    mapped.push(pathFrom(root, section.file));
    line += section.text.split("\n").length;
  }
  return {
    code: "",
    prologue: "",
    sections: {
      manifest: sectionsOf(options, folder, live, entries),
      texts: sections.map(({ json }) => json),
    },
    hostModules,
    sourceMap: mapped.length === 0 ? undefined : sourceMap(mapped, encodeSegments(placed)),
    modules: sections.map(({ file }) => pathFrom(root, file)),
    warnings,
    bundled,
  };
}

/** What a host in this process loads. */
export function builtPlugin(
  options: FilledOptions,
  { folder, live, sections }: CompiledPlugin,
  manifest: Omit<Manifest, "sections">,
  assets: readonly Uint8Array[],
): BuiltPlugin {
  const complete: Manifest = {
    ...manifest,
    sections: sectionsOf(
      options,
      folder,
      live,
      sections.map(({ entry }) => entry),
    ),
  };
  const hasher = new Bun.CryptoHasher("sha256").update(JSON.stringify(complete));
  for (const { hash } of sections) hasher.update(hash);
  for (const bytes of assets) hasher.update(bytes);
  return { name: manifest.name, hash: hasher.digest("hex"), manifest: complete, modules: sections, assets };
}

function sectionsOf(
  { pluginDir }: FilledOptions,
  { rootModule }: PluginFolder,
  { things }: LiveNames,
  modules: readonly Section[],
): NonNullable<Manifest["sections"]> {
  return {
    root: sectionPath(pluginDir, rootModule),
    modules,
    exportNames: exportNames(things),
  };
}

/** Those of live things that are not their own names. */
function exportNames(things: readonly LiveThing[]): Record<string, string> {
  const others = things.filter(({ name, exportName }) => name !== exportName);
  return Object.fromEntries(others.map(({ name, exportName }) => [name, exportName]));
}

function pathFrom(root: string, path: string): string {
  return relative(root, path).replaceAll("\\", "/");
}

/** The engine heeds only maps that have the sources' texts, or at least places for them; the sources lie beside the artifact. */
function sourceMap(names: readonly string[], mappings: string): string {
  const contents = names.map(() => '""').join(",");
  return `{"version":3,"sources":${JSON.stringify(names)},"sourcesContent":[${contents}],"names":[],"mappings":"${mappings}"}`;
}
